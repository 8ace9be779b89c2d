#include "model/tokenizer/json/read_split.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/splitting/metaspace.h"
#include "model/tokenizer/splitting/patterns.h"
#include "model/tokenizer/splitting/split.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using LoadedSplit = Result<std::unique_ptr<PreTokenizer>>;

std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<Pattern> pattern, const SplitOptions& options) {
  return std::make_unique<SplitPreTokenizer>(std::move(pattern), options);
}

Status read_behavior(const Json& json, const std::string& name, SplitBehavior& behavior) {
  const std::pair<const char*, SplitBehavior> behaviors[] = {
      {"Removed", SplitBehavior::removed},
      {"Isolated", SplitBehavior::isolated},
      {"MergedWithPrevious", SplitBehavior::merged_with_previous},
      {"MergedWithNext", SplitBehavior::merged_with_next},
      {"Contiguous", SplitBehavior::contiguous}};
  std::string wanted;
  MEMO_RETURN_IF_ERROR(require_string(json, name, "behavior", wanted));
  for (const auto& [known, value] : behaviors)
    if (wanted == known) {
      behavior = value;
      return Status::ok();
    }
  return wrong(
      StatusCode::unsupported, name + ".behavior",
      fmt::format("is {}, supported are Removed, Isolated, MergedWithPrevious, MergedWithNext and Contiguous",
                  shown(wanted)));
}

LoadedSplit read_split(const Json& json, const std::string& name) {
  SplitOptions options;
  MEMO_RETURN_IF_ERROR(read_behavior(json, name, options.behavior));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "invert", options.invert));
  MEMO_ASSIGN_OR_RETURN(auto pattern, read_split_pattern(at_path(json, "pattern"), name + ".pattern"));
  return make_split(std::move(pattern), options);
}

LoadedSplit read_digits(const Json& json, const std::string& name) {
  bool individual = false;
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "individual_digits", individual));
  auto digits = individual ? std::make_unique<RunPattern>(is_number, 1) : std::make_unique<RunPattern>(is_number);
  return make_split(std::move(digits), {});
}

LoadedSplit read_punctuation(const Json& json, const std::string& name) {
  SplitOptions options;
  if (!at_path(json, "behavior").is_null()) MEMO_RETURN_IF_ERROR(read_behavior(json, name, options.behavior));
  return make_split(std::make_unique<RunPattern>(is_punctuation, 1), options);
}

}  // namespace

LoadedSplit read_splitting(const Json& json, const std::string& name) {
  const Json& type = at_path(json, "type");
  if (type == "Split") return read_split(json, name);
  if (type == "Digits") return read_digits(json, name);
  if (type == "Punctuation") return read_punctuation(json, name);
  if (type == "BertPreTokenizer") return bert_pre_tokenizer();
  if (type == "WhitespaceSplit") return LoadedSplit(std::make_unique<WhitespaceSplitPreTokenizer>());
  if (type == "Whitespace") return make_split(std::make_unique<WordPattern>(), {SplitBehavior::removed, true});
  return LoadedSplit(std::unique_ptr<PreTokenizer>());
}

}  // namespace memo
