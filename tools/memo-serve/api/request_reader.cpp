#include "tools/memo-serve/api/request_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "embed/json/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownBytes = 60;
constexpr const char* kParameters = "parameters";

// What a parser says ends with all that it has read of a token.
constexpr std::size_t kExplainedBytes = 250;

std::string beginning(const std::string& text, std::size_t bytes) {
  return text.size() > bytes ? text.substr(0, bytes) + "..." : text;
}

}  // namespace

std::string RequestReader::excerpt_of(const Json& value) {
  return beginning(value.dump(-1, ' ', true, Json::error_handler_t::replace), kShownBytes);
}

RequestReader::RequestReader(std::string_view body, std::size_t max_depth,
                             std::initializer_list<std::string_view> known) {
  Result<Json> parsed = parse_json(body, max_depth, "the body");
  if (!parsed)
    fail("", beginning(parsed.status().message(), kExplainedBytes));
  else if (!parsed->is_object())
    fail("", "the body is not a JSON object: " + excerpt_of(*parsed));
  else
    object_ = std::move(*parsed);
  if (std::ranges::find(known, kParameters) == known.end()) lift_parameters();
  check_fields(known);
}

void RequestReader::lift_parameters() {
  const auto found = object_.find(kParameters);
  if (found == object_.end() || !(found->is_object() || found->is_null())) return;
  const Json parameters = std::move(*found);
  object_.erase(found);
  for (const auto& [field, value] : parameters.items())
    if (!object_.emplace(field, value).second) fail(field, fmt::format("`{}` is given twice", field));
}

RequestReader::RequestReader(RequestReader& parent, const std::string& field,
                             std::initializer_list<std::string_view> known) {
  if (!parent.has(field)) {
    object_ = Json::object();
  } else if (parent.at(field).is_object()) {
    object_ = parent.at(field);
    check_fields(known);
  } else {
    parent.fail(field, fmt::format("`{}` is {}, must be an object", field, excerpt_of(parent.at(field))));
  }
}

void RequestReader::check_fields(std::initializer_list<std::string_view> known) {
  for (const auto& [field, value] : object_.items())
    if (std::ranges::find(known, field) == known.end())
      return fail(field, fmt::format("the field {} is not known here; known are {}", excerpt_of(Json(field)),
                                     fmt::join(known, ", ")));
}

void RequestReader::fail(const std::string& field, const std::string& message, Fault fault) {
  if (!fault_) fault_ = ApiError{fault, message, field, 0};
}

bool RequestReader::has(const std::string& field) const {
  const auto found = object_.find(field);
  return found != object_.end() && !found->is_null();
}

void RequestReader::require(const std::string& field) {
  if (!has(field)) fail(field, fmt::format("`{}` is missing", field));
}

void RequestReader::flag(const std::string& field, bool& value) {
  std::optional<bool> given;
  flag(field, given);
  value = given.value_or(value);
}

void RequestReader::flag(const std::string& field, std::optional<bool>& value) {
  if (!has(field)) return;
  if (!at(field).is_boolean())
    return fail(field, fmt::format("`{}` is {}, must be true or false", field, excerpt_of(at(field))));
  value = at(field).get<bool>();
}

void RequestReader::text(const std::string& field, std::optional<std::string>& value) {
  if (!has(field)) return;
  if (!at(field).is_string())
    return fail(field, fmt::format("`{}` is {}, must be a string", field, excerpt_of(at(field))));
  value = at(field).get<std::string>();
}

void RequestReader::required_text(const std::string& field, std::string& value) {
  require(field);
  if (!has(field)) return;
  std::vector<std::string> one;
  add_text(field, at(field), 0, one);
  if (!one.empty()) value = std::move(one.front());
}

std::optional<std::size_t> RequestReader::choice(const std::string& field,
                                                 std::initializer_list<std::string_view> words) {
  if (!has(field)) return std::nullopt;
  const auto found =
      at(field).is_string() ? std::ranges::find(words, at(field).get_ref<const std::string&>()) : words.end();
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  fail(field, fmt::format("`{}` is {}, must be one of {}", field, excerpt_of(at(field)), fmt::join(words, ", ")));
  return std::nullopt;
}

void RequestReader::whole_number(const std::string& field, std::size_t least, std::optional<std::size_t>& value) {
  if (!has(field)) return;
  if (!at(field).is_number_unsigned() || at(field).get<std::size_t>() < least)
    return fail(field, fmt::format("`{}` is {}, must be a {}whole number", field, excerpt_of(at(field)),
                                   least == 1 ? "positive " : ""));
  value = at(field).get<std::size_t>();
}

void RequestReader::check_count(const std::string& field, std::size_t count, std::size_t most) {
  if (count == 0) return fail(field, fmt::format("`{}` cannot be empty", field), Fault::empty);
  if (count > most)
    fail(field, fmt::format("batch size {} > maximum allowed batch size {}", count, most), Fault::too_long);
}

void RequestReader::texts(const std::string& field, std::size_t most, std::vector<std::string>& values) {
  require(field);
  if (!has(field)) return;
  if (!at(field).is_array())
    return fail(field, fmt::format("`{}` is {}, must be a list of strings", field, excerpt_of(at(field))));
  check_count(field, at(field).size(), most);
  if (fault_) return;
  values.reserve(at(field).size());
  for (std::size_t i = 0; i < at(field).size() && !fault_; ++i) add_text(field, at(field)[i], i, values);
}

void RequestReader::add_text(const std::string& field, const Json& value, std::size_t index,
                             std::vector<std::string>& values) {
  if (value.is_string() && !value.get_ref<const std::string&>().empty())
    return values.push_back(value.get<std::string>());
  if (value.is_string()) return fail(field, fmt::format("`{}` cannot be empty (input {})", field, index));
  const bool ids = value.is_number() || (value.is_array() && !value.empty() && value.front().is_number());
  fail(field,
       ids ? fmt::format("`{}` has token ids (input {}); this server takes texts, as ids depend on the model's "
                         "tokenizer. OpenAIEmbeddings of langchain: check_embedding_ctx_length=False",
                         field, index)
           : fmt::format("`{}` has {} (input {}), must be a string", field, excerpt_of(value), index));
}

}  // namespace memo
