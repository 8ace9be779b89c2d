// ComposedTokenizer: added tokens, then normalizer -> pre-tokenizer -> model -> special tokens, each as the file
// says. BertTokenizer does the same in one pass, for WordPiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/tokenizer/framed_tokenizer.h"
#include "model/tokenizer/normalizing/normalizer.h"
#include "model/tokenizer/splitting/pre_tokenizer.h"
#include "model/tokenizer/subwords/added_tokens.h"
#include "model/tokenizer/subwords/subword_model.h"

namespace memo {

// Everything that a tokenizer file says. No pointer is null.
struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<SubwordModel> model;
  Frame frame;
  AddedTokens raw_tokens;            // matched in the text as it is
  AddedTokens normalized_tokens;     // content normalized, matched in the normalized text
  std::int32_t vocabulary_size = 0;  // larger than every id
};

class ComposedTokenizer : public FramedTokenizer {
 public:
  explicit ComposedTokenizer(TokenizerParts parts);

  std::int32_t vocabulary_size() const override { return parts_.vocabulary_size; }

 protected:
  void append_text(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const override;
  std::vector<TracedToken> trace_text(std::string_view text) const override;

 private:
  class Output;
  void encode_stretch(std::string_view stretch, bool begins_the_text, Output& output) const;

  TokenizerParts parts_;
};

}  // namespace memo
