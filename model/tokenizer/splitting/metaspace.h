// Splitting at whitespace: Metaspace, which keeps the spaces as a visible character, and WhitespaceSplit.
#pragma once

#include <string>
#include <utility>

#include "model/tokenizer/splitting/pre_tokenizer.h"

namespace memo {

struct MetaspaceOptions {
  enum class Prepend { always, first, never };
  std::string replacement = "\xE2\x96\x81";  // U+2581; one character
  Prepend prepend = Prepend::always;         // the replacement before each stretch of text, or only the first
  bool split = true;                         // a word begins at each replacement
};

class MetaspacePreTokenizer : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(MetaspaceOptions options) : options_(std::move(options)) {}
  bool split(const Word& text, const WordSink& sink) const override;

 private:
  TracedText replace_spaces(const Word& word) const;

  MetaspaceOptions options_;
};

// The whitespace itself is dropped.
class WhitespaceSplitPreTokenizer : public PreTokenizer {
 public:
  bool split(const Word& text, const WordSink& sink) const override;
};

}  // namespace memo
