#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/json_model.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxWordCharacters = 65'536;

}  // namespace

Result<ModelKind> model_kind(const Json& json) {
  const Json& type = at_path(json, "type");
  const bool untyped = type.is_null();
  if (type == "BPE" || (untyped && at_path(json, "merges").is_array())) return ModelKind::bpe;
  if (type == "WordPiece" || (untyped && !at_path(json, "max_input_chars_per_word").is_null()))
    return ModelKind::word_piece;
  if (type == "Unigram" || (untyped && at_path(json, "vocab").is_array())) return ModelKind::unigram;
  return unsupported_type(json, "model", "WordPiece, BPE and Unigram");
}

Status read_pieces(const Json& json, Vocabulary& vocabulary) {
  const Json& pieces = at_path(json, "vocab");
  if (!pieces.is_object() || pieces.empty())
    return wrong(StatusCode::corrupt, "model.vocab", "is not an object with at least one piece");
  for (const auto& [piece, value] : pieces.items()) {
    const auto id = as_id(value);
    if (!id)
      return wrong(StatusCode::corrupt, "model.vocab",
                   fmt::format("{} is {}, must be 0 to {}", shown(piece), shown(value), kMaxTokenId));
    vocabulary.emplace(piece, *id);
  }
  return Status::ok();
}

Status read_word_piece(const Json& json, Vocabulary& vocabulary, WordPieceOptions& options) {
  MEMO_RETURN_IF_ERROR(read_pieces(json, vocabulary));
  std::string prefix;
  std::string unknown;
  MEMO_RETURN_IF_ERROR(require_string(json, "model", "continuing_subword_prefix", prefix));
  MEMO_RETURN_IF_ERROR(require_string(json, "model", "unk_token", unknown));
  const Json& most = at_path(json, "max_input_chars_per_word");
  if (!most.is_number_unsigned() || most.get<std::uint64_t>() > kMaxWordCharacters)
    return wrong(StatusCode::corrupt, "model.max_input_chars_per_word",
                 fmt::format("is {}, must be 0 to {}", shown(most), kMaxWordCharacters));
  const auto found = vocabulary.find(unknown);
  if (found == vocabulary.end())
    return wrong(StatusCode::corrupt, "model.unk_token",
                 fmt::format("is {}, not in the vocabulary", shown(unknown)));
  options = {prefix, most.get<std::size_t>(), found->second};
  return Status::ok();
}

Result<LoadedSubwords> read_word_piece_model(const Json& json) {
  LoadedSubwords loaded;
  WordPieceOptions options;
  MEMO_RETURN_IF_ERROR(read_word_piece(json, loaded.vocabulary, options));
  loaded.size = loaded.vocabulary.size();
  loaded.model = std::make_unique<WordPieceModel>(loaded.vocabulary, options);
  return loaded;
}

}  // namespace memo
