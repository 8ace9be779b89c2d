#include "tools/memo-profile/report/document/field_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>

namespace memo {
namespace {

using nlohmann::json;

constexpr char kNumber[] = "a number";

// A value as a message shows it: scalars by their beginning, the rest by their kind.
std::string shown(const json& value) {
  constexpr std::size_t kMost = 40;
  if (value.is_structured()) return fmt::format("an {}", value.type_name());
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

// An integer from 0 to most; a program may have written it with or without a sign.
std::optional<std::uint64_t> as_unsigned(const json& value, std::uint64_t most) {
  if (!value.is_number_integer()) return std::nullopt;
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  return number <= most ? std::optional(number) : std::nullopt;
}

std::string integer_to(std::uint64_t most) {
  return fmt::format("an integer from 0 to {}", most);
}

}  // namespace

FieldReader::FieldReader(const json& object, std::string path, Status& status)
    : object_(object), path_(std::move(path)), status_(status) {
  if (!object_.is_object()) refuse(path_.empty() ? "the profile" : path_, object_, "an object");
}

std::string FieldReader::name(const char* key) const {
  return path_.empty() ? key : fmt::format("{}.{}", path_, key);
}

std::string FieldReader::name(const char* key, std::size_t index) const {
  return fmt::format("{}[{}]", name(key), index);
}

void FieldReader::refuse(const std::string& name, const json& value, const std::string& must_be) const {
  if (status_.is_ok())
    status_ = {StatusCode::invalid_argument, fmt::format("{} is {}, must be {}", name, shown(value), must_be)};
}

void FieldReader::fail(const char* key, const std::string& must_be) const {
  if (const json* value = find(key)) refuse(name(key), *value, must_be);
}

const json* FieldReader::find(const char* key) const {
  if (!status_.is_ok()) return nullptr;
  const auto found = object_.find(key);
  if (found != object_.end()) return &*found;
  status_ = {StatusCode::invalid_argument, fmt::format("{} is missing", name(key))};
  return nullptr;
}

bool FieldReader::has(const char* key) const {
  return status_.is_ok() && object_.contains(key) && !object_.at(key).is_null();
}

void FieldReader::number(const char* key, double& value) const {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_number()) return refuse(name(key), *found, kNumber);
  value = found->get<double>();
}

void FieldReader::number(const char* key, float& value) const {
  double read = value;
  number(key, read);
  if (!(std::abs(read) <= std::numeric_limits<float>::max())) return fail(key, "a number that a float can hold");
  value = static_cast<float>(read);
}

void FieldReader::unsigned_integer(const char* key, std::uint64_t most, std::uint64_t& value) const {
  const json* found = find(key);
  if (found == nullptr) return;
  const std::optional<std::uint64_t> number = as_unsigned(*found, most);
  if (!number) return refuse(name(key), *found, integer_to(most));
  value = *number;
}

void FieldReader::flag(const char* key, bool& value) const {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) return refuse(name(key), *found, "true or false");
  value = found->get<bool>();
}

void FieldReader::text(const char* key, std::string& value) const {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_string()) return refuse(name(key), *found, "a string");
  value = found->get<std::string>();
}

FieldReader FieldReader::object(const char* key) const {
  static const json kEmpty = json::object();
  const json* found = find(key);
  return {found == nullptr ? kEmpty : *found, name(key), status_};
}

const json& FieldReader::array(const char* key) const {
  static const json kEmpty = json::array();
  const json* found = find(key);
  if (found == nullptr) return kEmpty;
  if (found->is_array()) return *found;
  refuse(name(key), *found, "an array");
  return kEmpty;
}

void FieldReader::texts(const char* key, std::vector<std::string>& values) const {
  const json& list = array(key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) return refuse(name(key, i), list[i], "a string");
    values.push_back(list[i].get<std::string>());
  }
}

void FieldReader::integers(const char* key, std::vector<std::uint32_t>& values) const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const json& list = array(key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::optional<std::uint64_t> number = as_unsigned(list[i], kMost);
    if (!number) return refuse(name(key, i), list[i], integer_to(kMost));
    values.push_back(static_cast<std::uint32_t>(*number));
  }
}

void FieldReader::numbers(const char* key, std::vector<float>& values) const {
  const json& list = array(key);
  values.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_number()) return refuse(name(key, i), list[i], kNumber);
    values.push_back(list[i].get<float>());
  }
}

}  // namespace memo
