// Pre-tokenizers that cut a text at matches of a pattern, and decide what becomes of the matches.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "model/tokenizer/splitting/matches.h"
#include "model/tokenizer/splitting/pre_tokenizer.h"

namespace memo {

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct SplitOptions {
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  // the text between matches counts as the matches
};

class SplitPreTokenizer : public PreTokenizer {
 public:
  SplitPreTokenizer(std::unique_ptr<Pattern> pattern, const SplitOptions& options)
      : pattern_(std::move(pattern)), options_(options) {}
  bool split(const Word& text, const WordSink& sink) const override;

 private:
  class Joiner;

  std::unique_ptr<Pattern> pattern_;
  SplitOptions options_;
};

// BertPreTokenizer: words, without the whitespace between them; each punctuation mark is one.
std::unique_ptr<PreTokenizer> bert_pre_tokenizer();

}  // namespace memo
