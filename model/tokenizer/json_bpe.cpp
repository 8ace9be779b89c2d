#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "model/tokenizer/bpe.h"
#include "model/tokenizer/json_fields.h"
#include "model/tokenizer/json_model.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Pair = std::pair<std::string, std::string>;

// Older files may carry the first line of merges.txt along.
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

std::optional<BpeMerge> find_merge(const Json& merge, const Vocabulary& vocabulary) {
  const auto pair = split_merge(merge);
  if (!pair) return {};
  const auto left = vocabulary.find(pair->first);
  const auto right = vocabulary.find(pair->second);
  const auto merged = vocabulary.find(pair->first + pair->second);
  for (const auto& found : {left, right, merged})
    if (found == vocabulary.end()) return {};
  return BpeMerge{left->second, right->second, merged->second};
}

Status read_merges(const Json& json, const Vocabulary& vocabulary, std::vector<BpeMerge>& merges) {
  const Json& list = at_path(json, "merges");
  if (!list.is_array()) return wrong(StatusCode::corrupt, "model.merges", "is not an array");
  merges.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (is_comment(list[i])) continue;
    const auto merge = find_merge(list[i], vocabulary);
    if (!merge)
      return wrong(StatusCode::corrupt, fmt::format("model.merges[{}]", i),
                   fmt::format("is {}, not two pieces that make a third", shown(list[i])));
    merges.push_back(*merge);
  }
  return Status::ok();
}

Status refuse_options(const Json& json) {
  const Json& dropout = at_path(json, "dropout");
  if (!dropout.is_null() && dropout != 0)
    return wrong(StatusCode::unsupported, "model.dropout", fmt::format("is {}, must be null", shown(dropout)));
  for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const Json& affix = at_path(json, field);
    if (!affix.is_null() && affix != "")
      return wrong(StatusCode::unsupported, fmt::format("model.{}", field),
                   fmt::format("is {}, must be null", shown(affix)));
  }
  bool byte_fallback = false;
  MEMO_RETURN_IF_ERROR(read_flag(json, "model", "byte_fallback", byte_fallback));
  if (byte_fallback) return wrong(StatusCode::unsupported, "model.byte_fallback", "is true");
  return Status::ok();
}

Status read_options(const Json& json, const Vocabulary& vocabulary, BpeOptions& options) {
  MEMO_RETURN_IF_ERROR(refuse_options(json));
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

Result<LoadedModel> read_bpe(const Json& json) {
  LoadedModel loaded;
  BpeOptions options;
  std::vector<BpeMerge> merges;
  MEMO_RETURN_IF_ERROR(read_pieces(json, loaded.vocabulary));
  MEMO_RETURN_IF_ERROR(read_options(json, loaded.vocabulary, options));
  MEMO_RETURN_IF_ERROR(read_merges(json, loaded.vocabulary, merges));
  loaded.model = std::make_unique<BpeModel>(loaded.vocabulary, merges, options);
  return loaded;
}

}  // namespace memo
