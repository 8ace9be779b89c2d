#include "model/memo/policy_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace memo {
namespace {

std::string shown(const toml::value& value) {
  if (value.is_string()) return fmt::format("\"{}\"", value.as_string().str);
  if (value.is_integer()) return fmt::format("{}", value.as_integer());
  if (value.is_floating()) return fmt::format("{}", value.as_floating());
  if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
  return value.is_array() ? "an array" : "a table";
}

}  // namespace

Status PolicyTable::refuse(const std::string& key, std::string_view allowed) const {
  const toml::value& value = table_.at(key);
  return {StatusCode::invalid_argument,
          fmt::format("{}:{}: {} is {}, must be {}", path_, value.location().line(), key, shown(value), allowed)};
}

Status PolicyTable::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : table_.as_table()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return {StatusCode::invalid_argument, fmt::format("{}:{}: unknown key \"{}\", known are: {}", path_,
                                                      value.location().line(), key, fmt::join(known, ", "))};
  }
  return Status::ok();
}

Status PolicyTable::read(const std::string& key, std::string& value) const {
  if (!has(key)) return Status::ok();
  if (!table_.at(key).is_string()) return refuse(key, "a string");
  value = table_.at(key).as_string().str;
  return Status::ok();
}

Status PolicyTable::read(const std::string& key, bool& value) const {
  if (!has(key)) return Status::ok();
  if (!table_.at(key).is_boolean()) return refuse(key, "true or false");
  value = table_.at(key).as_boolean();
  return Status::ok();
}

Status PolicyTable::read(const std::string& key, std::uint32_t low, std::uint32_t high,
                         std::uint32_t& value) const {
  if (!has(key)) return Status::ok();
  const toml::value& found = table_.at(key);
  if (!found.is_integer() || found.as_integer() < low || found.as_integer() > high)
    return refuse(key, fmt::format("an integer from {} to {}", low, high));
  value = static_cast<std::uint32_t>(found.as_integer());
  return Status::ok();
}

Status PolicyTable::read(const std::string& key, std::uint32_t high, std::vector<std::uint32_t>& values) const {
  if (!has(key)) return Status::ok();
  const std::string allowed = fmt::format("an array of integers from 0 to {}", high);
  if (!table_.at(key).is_array()) return refuse(key, allowed);
  values.clear();
  for (const toml::value& entry : table_.at(key).as_array()) {
    if (!entry.is_integer() || entry.as_integer() < 0 || entry.as_integer() > high) return refuse(key, allowed);
    values.push_back(static_cast<std::uint32_t>(entry.as_integer()));
  }
  return Status::ok();
}

Status PolicyTable::read(const std::string& key, float& value) const {
  if (!has(key)) return Status::ok();
  const toml::value& found = table_.at(key);
  if (!found.is_integer() && !found.is_floating()) return refuse(key, "a number");
  const double number = found.is_integer() ? static_cast<double>(found.as_integer()) : found.as_floating();
  if (!(number >= 0 && number <= 1e30)) return refuse(key, "a number from 0 to 1e30");
  value = static_cast<float>(number);
  return Status::ok();
}

}  // namespace memo
