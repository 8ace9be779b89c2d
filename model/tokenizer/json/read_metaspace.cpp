#include "model/tokenizer/json/read_metaspace.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "embed/json/utf8.h"
#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// Older files say add_prefix_space instead of prepend_scheme; where a file says both, they must agree.
Status read_prepend(const Json& json, const std::string& name, MetaspaceOptions::Prepend& prepend) {
  using Prepend = MetaspaceOptions::Prepend;
  bool prefix = true;
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "add_prefix_space", prefix));
  const Json& scheme = at_path(json, "prepend_scheme");
  if (scheme == "always" || scheme.is_null()) {
    prepend = Prepend::always;
  } else if (scheme == "first") {
    prepend = Prepend::first;
  } else if (scheme == "never") {
    prepend = Prepend::never;
  } else {
    return wrong(StatusCode::corrupt, name + ".prepend_scheme",
                 fmt::format("is {}, must be \"always\", \"first\" or \"never\"", shown(scheme)));
  }
  if (!prefix && !scheme.is_null() && prepend != Prepend::never)
    return wrong(StatusCode::corrupt, name + ".add_prefix_space",
                 fmt::format("is false, but prepend_scheme is {}", shown(scheme)));
  if (!prefix) prepend = Prepend::never;
  return Status::ok();
}

}  // namespace

bool is_one_character(const std::string& text) {
  std::size_t position = 0;
  if (text.empty()) return false;
  next_code_point(text, position);
  return position == text.size();
}

Status read_metaspace(const Json& json, const std::string& name, MetaspaceOptions& options) {
  MEMO_RETURN_IF_ERROR(require_string(json, name, "replacement", options.replacement));
  if (!is_one_character(options.replacement))
    return wrong(StatusCode::corrupt, name + ".replacement", "is not one character");
  MEMO_RETURN_IF_ERROR(read_prepend(json, name, options.prepend));
  return read_flag(json, name, "split", options.split);
}

}  // namespace memo
