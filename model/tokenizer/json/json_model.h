// The models of a tokenizer.json. In all of these `json` is the field "model"; errors name the field in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/subwords/subword_model.h"
#include "model/tokenizer/subwords/word_piece.h"

namespace memo {

enum class ModelKind { word_piece, bpe, unigram };

// By its type, or by its fields where an older file has none. Errors: unsupported.
Result<ModelKind> model_kind(const nlohmann::json& json);

// "vocab" as an object of ids. Errors: corrupt (no piece, an id out of range).
Status read_pieces(const nlohmann::json& json, Vocabulary& vocabulary);

// Errors: corrupt.
Status read_word_piece(const nlohmann::json& json, Vocabulary& vocabulary, WordPieceOptions& options);

struct LoadedSubwords {
  std::unique_ptr<SubwordModel> model;
  Vocabulary vocabulary;  // pieces and their ids
  std::size_t size = 0;   // the number of pieces, repeated ones included
  using Repeated = std::vector<std::pair<std::int32_t, std::string>>;
  Repeated repeated;  // pieces that the vocabulary has with another id
};

// Errors: as read_word_piece.
Result<LoadedSubwords> read_word_piece_model(const nlohmann::json& json);

// Ignores dropout, which is for training.
// Errors: unsupported (a prefix of other characters than ASCII), corrupt (a merge of something that is not a
// piece).
Result<LoadedSubwords> read_bpe(const nlohmann::json& json);

// Errors: unsupported (no unk_id, a very long piece), corrupt.
Result<LoadedSubwords> read_unigram(const nlohmann::json& json);

}  // namespace memo
