// BertTokenizer: added tokens, normalizer, words, pieces; one pass that stops when it has enough ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/tokenizer/framed_tokenizer.h"
#include "model/tokenizer/normalizing/bert_normalizer.h"
#include "model/tokenizer/subwords/added_tokens.h"
#include "model/tokenizer/subwords/word_piece.h"

namespace memo {

// Everything that a tokenizer file says.
struct BertTokenizerParts {
  Vocabulary vocabulary;
  WordPieceOptions word_piece;
  NormalizerOptions normalizer;
  AddedTokenLists added;
  Frame frame;
};

class BertTokenizer : public FramedTokenizer {
 public:
  explicit BertTokenizer(BertTokenizerParts parts);

  std::int32_t vocabulary_size() const override { return vocabulary_size_; }

 protected:
  void append_text(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const override;
  std::vector<TracedToken> trace_text(std::string_view text) const override;

 private:
  class Output;
  class Stretch;
  void encode_raw(std::string_view text, Output& output) const;
  void encode_normalized(std::string_view text, Output& output) const;
  std::size_t ready_part(std::string_view normalized, std::size_t from) const;

  WordPieceModel word_piece_;
  NormalizerOptions normalizer_;
  AddedTokens raw_tokens_;
  AddedTokens normalized_tokens_;
  std::int32_t vocabulary_size_;
};

}  // namespace memo
