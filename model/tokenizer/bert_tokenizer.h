// BertTokenizer: added tokens, normalizer, words, pieces; one pass that stops when it has enough ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/tokenizer/added_tokens.h"
#include "model/tokenizer/bert_normalizer.h"
#include "model/tokenizer/tokenizer.h"
#include "model/tokenizer/word_piece.h"

namespace memo {

// Everything a tokenizer file says.
struct BertTokenizerParts {
  Vocabulary vocabulary;
  WordPieceOptions word_piece;
  NormalizerOptions normalizer;
  std::vector<AddedToken> raw_tokens;         // matched in the text as it is
  std::vector<AddedToken> normalized_tokens;  // content normalized, matched in the normalized text
  std::int32_t cls_id = 0;
  std::int32_t sep_id = 0;
  std::int32_t pad_id = 0;
};

class BertTokenizer : public Tokenizer {
 public:
  explicit BertTokenizer(BertTokenizerParts parts);

  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const override;
  std::int32_t vocabulary_size() const override { return vocabulary_size_; }
  std::int32_t pad_id() const override { return pad_id_; }

 private:
  class Output;
  void encode_raw(std::string_view text, Output& output) const;
  void encode_between(std::string_view text, Output& output) const;
  void encode_normalized(std::string_view text, Output& output) const;

  WordPiece word_piece_;
  NormalizerOptions normalizer_;
  AddedTokens raw_tokens_;
  AddedTokens normalized_tokens_;
  std::int32_t vocabulary_size_;
  std::int32_t cls_id_;
  std::int32_t sep_id_;
  std::int32_t pad_id_;
};

}  // namespace memo
