// BertNormalizer: cleans text, sets CJK ideographs apart, strips accents, lowers case.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace memo {

struct NormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};

// A text pushed through code point by code point, so that a caller with enough tokens can stop early.
// Threads: one.
class NormalizerStream {
 public:
  explicit NormalizerStream(const NormalizerOptions& options) : options_(options) {}

  // Appends what is ready to `out`, as UTF-8. Marks wait until the next starter decides their order.
  void push(char32_t c, std::string& out);
  // Call at the end of the text.
  void finish(std::string& out);

 private:
  void push_ascii(char32_t c, std::string& out);
  void push_clean(char32_t c, std::string& out);
  void push_decomposed(char32_t c, std::string& out);
  void append(char32_t c, std::string& out) const;

  NormalizerOptions options_;
  std::vector<std::pair<int, char32_t>> marks_;  // combining class, mark; since the last starter
};

std::string normalize(std::string_view text, const NormalizerOptions& options);

}  // namespace memo
