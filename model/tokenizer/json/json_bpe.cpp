#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/json_model.h"
#include "model/tokenizer/subwords/bpe.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Pair = std::pair<std::string, std::string>;

constexpr std::size_t kMaxAffixBytes = 64;

// Older files may contain the first line of merges.txt.
bool is_comment(const Json& merge) {
  return merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version");
}

// "a b" or ["a", "b"].
std::optional<Pair> split_merge(const Json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return Pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  if (!merge.is_string()) return {};
  const auto& text = merge.get_ref<const std::string&>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return {};
  return Pair(text.substr(0, space), text.substr(space + 1));
}

// The merged piece keeps one prefix, that of the left one.
std::optional<BpeMerge> find_merge(const Json& merge, const Vocabulary& vocabulary, std::size_t prefix_size) {
  const auto pair = split_merge(merge);
  if (!pair || pair->second.size() < prefix_size) return {};
  const auto left = vocabulary.find(pair->first);
  const auto right = vocabulary.find(pair->second);
  const auto merged = vocabulary.find(pair->first + pair->second.substr(prefix_size));
  for (const auto& found : {left, right, merged})
    if (found == vocabulary.end()) return {};
  return BpeMerge{left->second, right->second, merged->second};
}

Status read_merges(const Json& json, const Vocabulary& vocabulary, std::size_t prefix_size,
                   std::vector<BpeMerge>& merges) {
  const Json& list = at_path(json, "merges");
  if (!list.is_array()) return wrong(StatusCode::corrupt, "model.merges", "is not an array");
  merges.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (is_comment(list[i])) continue;
    const auto merge = find_merge(list[i], vocabulary, prefix_size);
    if (!merge)
      return wrong(StatusCode::corrupt, fmt::format("model.merges[{}]", i),
                   fmt::format("is {}, not two pieces that make a third", shown(list[i])));
    merges.push_back(*merge);
  }
  return Status::ok();
}

// With dropout the package tokenizes at random, which is useful only in training. It is ignored here.
Status check_dropout(const Json& json) {
  const Json& dropout = at_path(json, "dropout");
  if (dropout.is_null() || (dropout.is_number() && dropout >= 0 && dropout <= 1)) return Status::ok();
  return wrong(StatusCode::corrupt, "model.dropout",
               fmt::format("is {}, must be 0 to 1, or null", shown(dropout)));
}

Status read_affixes(const Json& json, BpeOptions& options) {
  MEMO_RETURN_IF_ERROR(read_string(json, "model", "continuing_subword_prefix", options.continuing_prefix));
  MEMO_RETURN_IF_ERROR(read_string(json, "model", "end_of_word_suffix", options.end_suffix));
  const std::string& prefix = options.continuing_prefix;
  const bool ascii =
      std::all_of(prefix.begin(), prefix.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  for (const auto& [field, affix] : {std::pair("continuing_subword_prefix", &prefix),
                                     std::pair("end_of_word_suffix", &std::as_const(options.end_suffix))})
    if (affix->size() > kMaxAffixBytes)
      return wrong(StatusCode::unsupported, fmt::format("model.{}", field),
                   fmt::format("has {} bytes, at most {} are supported", affix->size(), kMaxAffixBytes));
  if (ascii) return Status::ok();
  return wrong(StatusCode::unsupported, "model.continuing_subword_prefix",
               fmt::format("is {}, supported is ASCII only", shown(prefix)));
}

Status read_options(const Json& json, const Vocabulary& vocabulary, BpeOptions& options) {
  MEMO_RETURN_IF_ERROR(check_dropout(json));
  MEMO_RETURN_IF_ERROR(read_affixes(json, options));
  MEMO_RETURN_IF_ERROR(read_flag(json, "model", "byte_fallback", options.byte_fallback));
  MEMO_RETURN_IF_ERROR(read_flag(json, "model", "fuse_unk", options.fuse_unknown));
  MEMO_RETURN_IF_ERROR(read_flag(json, "model", "ignore_merges", options.ignore_merges));
  if (at_path(json, "unk_token").is_null()) return Status::ok();
  std::string unknown;
  MEMO_RETURN_IF_ERROR(require_string(json, "model", "unk_token", unknown));
  const auto found = vocabulary.find(unknown);
  if (found == vocabulary.end())
    return wrong(StatusCode::corrupt, "model.unk_token",
                 fmt::format("is {}, not in the vocabulary", shown(unknown)));
  options.unknown_id = found->second;
  return Status::ok();
}

}  // namespace

Result<LoadedSubwords> read_bpe(const Json& json) {
  LoadedSubwords loaded;
  BpeOptions options;
  std::vector<BpeMerge> merges;
  MEMO_RETURN_IF_ERROR(read_pieces(json, loaded.vocabulary));
  MEMO_RETURN_IF_ERROR(read_options(json, loaded.vocabulary, options));
  MEMO_RETURN_IF_ERROR(read_merges(json, loaded.vocabulary, options.continuing_prefix.size(), merges));
  loaded.size = loaded.vocabulary.size();
  loaded.model = std::make_unique<BpeModel>(loaded.vocabulary, merges, options);
  return loaded;
}

}  // namespace memo
