// ComposedTokenizer: added tokens, then normalizer -> pre-tokenizer -> model -> special tokens, each as the file
// says. BertTokenizer does the same in one pass, for WordPiece.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/tokenizer/added_tokens.h"
#include "model/tokenizer/normalizer.h"
#include "model/tokenizer/pre_tokenizer.h"
#include "model/tokenizer/special_tokens.h"
#include "model/tokenizer/subword_model.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

// Everything a tokenizer file says. No pointer is null.
struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<SubwordModel> model;
  SpecialTokens special_tokens;
  AddedTokens raw_tokens;            // matched in the text as it is
  AddedTokens normalized_tokens;     // content normalized, matched in the normalized text
  std::int32_t vocabulary_size = 0;  // larger than every id
  std::int32_t pad_id = 0;
  std::int32_t end_of_text_id = 0;  // stands for a text that has no ids at all
};

class ComposedTokenizer : public Tokenizer {
 public:
  explicit ComposedTokenizer(TokenizerParts parts);

  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const override;
  std::int32_t vocabulary_size() const override { return parts_.vocabulary_size; }
  std::int32_t pad_id() const override { return parts_.pad_id; }

 private:
  class Output;
  void encode_stretch(std::string_view stretch, bool begins_the_text, Output& output) const;

  TokenizerParts parts_;
};

}  // namespace memo
