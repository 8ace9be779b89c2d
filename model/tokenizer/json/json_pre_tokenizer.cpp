#include "model/tokenizer/json/json_pre_tokenizer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/read_metaspace.h"
#include "model/tokenizer/json/read_split.h"
#include "model/tokenizer/splitting/byte_level.h"
#include "model/tokenizer/splitting/metaspace.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using PreTokenizers = std::vector<std::unique_ptr<PreTokenizer>>;

// Bounds what a text can grow to: each may double it.
constexpr std::size_t kMaxPreTokenizers = 8;

Status add_byte_level(const Json& json, const std::string& name, PreTokenizers& parts) {
  ByteLevelOptions options;
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "add_prefix_space", options.add_prefix_space));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "use_regex", options.use_regex));
  parts.push_back(std::make_unique<ByteLevelPreTokenizer>(options));
  return Status::ok();
}

Status add_metaspace(const Json& json, const std::string& name, PreTokenizers& parts) {
  MetaspaceOptions options;
  MEMO_RETURN_IF_ERROR(read_metaspace(json, name, options));
  parts.push_back(std::make_unique<MetaspacePreTokenizer>(std::move(options)));
  return Status::ok();
}

Status add_pre_tokenizer(const Json& json, const std::string& name, PreTokenizers& parts);

Status add_pre_tokenizers(const Json& json, const std::string& name, PreTokenizers& parts) {
  const Json& members = at_path(json, "pretokenizers");
  if (!members.is_array()) return wrong(StatusCode::corrupt, name + ".pretokenizers", "is not an array");
  for (std::size_t i = 0; i < members.size(); ++i)
    MEMO_RETURN_IF_ERROR(add_pre_tokenizer(members[i], fmt::format("{}.pretokenizers[{}]", name, i), parts));
  return Status::ok();
}

// The JSON reader limits how deeply these are nested.
Status add_pre_tokenizer(const Json& json, const std::string& name, PreTokenizers& parts) {
  const Json& type = at_path(json, "type");
  if (parts.size() >= kMaxPreTokenizers)
    return wrong(StatusCode::unsupported, name,
                 fmt::format("is one more than {} pre-tokenizers", kMaxPreTokenizers));
  if (type == "Sequence") return add_pre_tokenizers(json, name, parts);
  if (type == "ByteLevel") return add_byte_level(json, name, parts);
  if (type == "Metaspace") return add_metaspace(json, name, parts);
  MEMO_ASSIGN_OR_RETURN(auto splitting, read_splitting(json, name));
  if (splitting == nullptr)
    return unsupported_type(json, name, fmt::format("Sequence, ByteLevel, Metaspace, {}", kSplittingTypes));
  parts.push_back(std::move(splitting));
  return Status::ok();
}

}  // namespace

Result<std::unique_ptr<PreTokenizer>> read_pre_tokenizer(const Json& json) {
  PreTokenizers parts;
  if (!json.is_null()) MEMO_RETURN_IF_ERROR(add_pre_tokenizer(json, "pre_tokenizer", parts));
  return std::unique_ptr<PreTokenizer>(std::make_unique<PreTokenizerSequence>(std::move(parts)));
}

}  // namespace memo
