// Pre-tokenizers: normalized text as words, in the form in which the model looks them up.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace memo {

struct Word {
  std::string_view text;  // UTF-8; valid until the sink returns
  bool at_start = false;  // it begins with the first character of the whole text
};

// Takes one word; false says that no more are wanted.
using WordSink = std::function<bool(const Word&)>;

// Threads: any, after construction.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Hands the words of `text` to the sink, none of them empty. False where the sink wants no more.
  virtual bool split(const Word& text, const WordSink& sink) const = 0;
};

// Each splits the words of the one before it. Without any, a text is one word.
class PreTokenizerSequence : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}
  bool split(const Word& text, const WordSink& sink) const override { return split_from(0, text, sink); }

 private:
  bool split_from(std::size_t part, const Word& text, const WordSink& sink) const {
    if (part == parts_.size()) return text.text.empty() || sink(text);
    return parts_[part]->split(text, [&](const Word& word) { return split_from(part + 1, word, sink); });
  }

  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

}  // namespace memo
