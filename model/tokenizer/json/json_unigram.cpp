#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/json_model.h"
#include "model/tokenizer/subwords/unigram.h"

namespace memo {
namespace {

using Json = nlohmann::json;

double power_of_ten(int exponent) {
  const std::string text = fmt::format("1e{}", exponent);
  double power = 0;
  std::from_chars(text.data(), text.data() + text.size(), power);
  return power;
}

// The score as the package reads it. Its JSON reader rounds twice, once for the digits and once for the power of
// ten, so its numbers may differ from ours in the last bit, and that bit decides between equally good ways to
// spell a word. The shortest digits that give this number are assumed to be those of the file, as JSON writers
// produce them.
double as_the_package_reads(double exact) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), std::abs(exact), std::chars_format::scientific);
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* c = text;
  for (bool fraction = false; c < end.ptr && *c != 'e'; ++c) {
    if (*c == '.') {
      fraction = true;
    } else {
      digits = digits * 10 + static_cast<std::uint64_t>(*c - '0');
      exponent -= fraction ? 1 : 0;
    }
  }
  exponent += std::atoi(std::string(c + 1, static_cast<const char*>(end.ptr)).c_str());
  const auto value = static_cast<double>(digits);
  if (std::abs(exponent) > std::numeric_limits<double>::max_exponent10) return exact;
  const double power = power_of_ten(std::abs(exponent));
  return std::copysign(exponent < 0 ? value / power : value * power, exact);
}

// ["piece", -3.5]
Status read_vocabulary_piece(const Json& entry, std::size_t id, UnigramParts& parts) {
  const std::string field = fmt::format("model.vocab[{}]", id);
  const bool pair = entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
  const double score = pair ? entry[1].get<double>() : NAN;
  if (!std::isfinite(score))
    return wrong(StatusCode::corrupt, field, "is not a piece and its score, a finite number");
  const auto& piece = entry[0].get_ref<const std::string&>();
  if (piece.size() > kMaxUnigramPieceBytes)
    return wrong(StatusCode::unsupported, field,
                 fmt::format("has {} bytes, at most {} are supported", piece.size(), kMaxUnigramPieceBytes));
  parts.pieces.emplace_back(piece, as_the_package_reads(score));
  return Status::ok();
}

Status read_vocabulary(const Json& json, UnigramParts& parts) {
  const Json& entries = at_path(json, "vocab");
  if (!entries.is_array() || entries.empty() || entries.size() > static_cast<std::size_t>(kMaxTokenId))
    return wrong(StatusCode::corrupt, "model.vocab",
                 fmt::format("is {}, not an array of 1 to {} pieces", shown(entries), kMaxTokenId));
  parts.pieces.reserve(entries.size());
  for (std::size_t id = 0; id < entries.size(); ++id)
    MEMO_RETURN_IF_ERROR(read_vocabulary_piece(entries[id], id, parts));
  return Status::ok();
}

Status read_unknown(const Json& json, UnigramParts& parts) {
  const Json& unknown = at_path(json, "unk_id");
  if (unknown.is_null())
    return wrong(StatusCode::unsupported, "model.unk_id", "is null: unknown characters need a piece");
  const auto id = as_id(unknown);
  if (!id || static_cast<std::size_t>(*id) >= parts.pieces.size())
    return wrong(StatusCode::corrupt, "model.unk_id",
                 fmt::format("is {}, must be less than {}", shown(unknown), parts.pieces.size()));
  parts.unknown_id = *id;
  return read_flag(json, "model", "byte_fallback", parts.byte_fallback);
}

}  // namespace

Result<LoadedSubwords> read_unigram(const Json& json) {
  LoadedSubwords loaded;
  UnigramParts parts;
  MEMO_RETURN_IF_ERROR(read_vocabulary(json, parts));
  MEMO_RETURN_IF_ERROR(read_unknown(json, parts));
  std::int32_t id = 0;
  for (const auto& [piece, score] : parts.pieces) {
    const auto [found, is_new] = loaded.vocabulary.try_emplace(piece, id);
    if (!is_new) loaded.repeated.emplace_back(std::exchange(found->second, id), piece);
    ++id;
  }
  loaded.size = parts.pieces.size();
  loaded.model = std::make_unique<UnigramModel>(parts);
  return loaded;
}

}  // namespace memo
