// Pre-tokenizers: normalized text as words, in the form in which the model looks them up.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tokenizer/origins/traced_text.h"

namespace memo {

// Lifetime: what it shows is valid until the sink returns.
struct Word {
  std::string_view text;              // UTF-8
  bool at_start = false;              // it begins with the first character of the whole text
  const TextSpan* origins = nullptr;  // of each byte of text; null: nobody asks

  TracedView view() const { return {text, origins}; }
  Word part(std::size_t begin, std::size_t end) const {
    const TracedView stretch = view().part(begin, end);
    return {stretch.text, at_start && begin == 0, stretch.origins};
  }
};

inline Word word_of(TracedView text, bool at_start) {
  return {text.text, at_start, text.origins};
}

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
