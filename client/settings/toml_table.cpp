#include "client/settings/toml_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <toml.hpp>
#include <utility>

namespace memo {

// A table, and the whole text that it is in.
struct TomlTable::Node {
  std::shared_ptr<const toml::value> whole;
  const toml::value* table;
  std::string path;

  const toml::value* find(const std::string& key) const {
    return table->contains(key) ? &table->at(key) : nullptr;
  }
};

namespace {

std::string shown(const toml::value& value) {
  if (value.is_string()) return fmt::format("\"{}\"", value.as_string().str);
  if (value.is_integer()) return fmt::format("{}", value.as_integer());
  if (value.is_floating()) return fmt::format("{}", value.as_floating());
  if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
  return value.is_array() ? "an array" : value.is_table() ? "a table" : "a date";
}

bool is_integer(const toml::value& value, std::int64_t low, std::int64_t high) {
  return value.is_integer() && value.as_integer() >= low && value.as_integer() <= high;
}

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

}  // namespace

template <typename Read>
Result<TomlTable> TomlTable::read(const Read& read_all, const std::string& path) {
  try {
    auto whole = std::make_shared<const toml::value>(read_all());
    const toml::value* const table = whole.get();
    return TomlTable(std::make_shared<const Node>(Node{std::move(whole), table, path}));
  } catch (const toml::exception& error) {
    return invalid(fmt::format("{}:{}: not valid TOML", path, error.location().line()));
  } catch (const std::exception&) {  // toml11 throws several unrelated types
    return invalid(fmt::format("{}: cannot be read as TOML", path));
  }
}

Result<TomlTable> TomlTable::parse(const std::string& text, const std::string& path) {
  std::istringstream stream(text);
  return read([&] { return toml::parse(stream, path); }, path);
}

Result<TomlTable> TomlTable::load(const std::string& path) {
  return read([&] { return toml::parse(path); }, path);
}

const std::string& TomlTable::path() const {
  return node_->path;
}

bool TomlTable::has(const std::string& key) const {
  return node_->find(key) != nullptr;
}

bool TomlTable::has_array(const std::string& key) const {
  return has(key) && node_->find(key)->is_array();
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : node_->table->as_table()) keys.push_back(key);
  return keys;
}

Status TomlTable::refuse(const std::string& key, std::string_view allowed) const {
  const toml::value& value = *node_->find(key);
  return invalid(
      fmt::format("{}:{}: {} is {}, must be {}", path(), value.location().line(), key, shown(value), allowed));
}

Status TomlTable::only(std::span<const std::string_view> known) const {
  for (const auto& [key, value] : node_->table->as_table()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    return invalid(fmt::format("{}:{}: unknown key \"{}\", known are: {}", path(), value.location().line(), key,
                               fmt::join(known, ", ")));
  }
  return Status::ok();
}

Status TomlTable::text(const std::string& key, std::string& value) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return Status::ok();
  if (!found->is_string()) return refuse(key, "text in quotes");
  value = found->as_string().str;
  return Status::ok();
}

Status TomlTable::flag(const std::string& key, bool& value) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return Status::ok();
  if (!found->is_boolean()) return refuse(key, "true or false");
  value = found->as_boolean();
  return Status::ok();
}

Status TomlTable::number(const std::string& key, double low, double high, double& value) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return Status::ok();
  const std::string allowed = fmt::format("a number from {} to {}", low, high);
  if (!found->is_integer() && !found->is_floating()) return refuse(key, allowed);
  const double read = found->is_integer() ? static_cast<double>(found->as_integer()) : found->as_floating();
  if (!(read >= low && read <= high)) return refuse(key, allowed);
  value = read;
  return Status::ok();
}

Result<std::optional<std::int64_t>> TomlTable::find_integer(const std::string& key, std::int64_t low,
                                                            std::int64_t high) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return std::optional<std::int64_t>();
  if (!is_integer(*found, low, high)) return refuse(key, fmt::format("an integer from {} to {}", low, high));
  return std::optional<std::int64_t>(found->as_integer());
}

Result<std::optional<std::vector<std::int64_t>>> TomlTable::find_integers(const std::string& key, std::int64_t low,
                                                                          std::int64_t high) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return std::optional<std::vector<std::int64_t>>();
  const std::string allowed = fmt::format("an array of integers from {} to {}", low, high);
  if (!found->is_array()) return refuse(key, allowed);
  std::vector<std::int64_t> values;
  for (const toml::value& entry : found->as_array()) {
    if (!is_integer(entry, low, high)) return refuse(key, allowed);
    values.push_back(entry.as_integer());
  }
  return std::optional(std::move(values));
}

Status TomlTable::choices(const std::string& key, std::span<const std::string_view> known,
                          std::vector<std::string>& values) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return Status::ok();
  const std::string allowed =
      fmt::format("an array, each of its texts once and one of {}", fmt::join(known, ", "));
  if (!found->is_array()) return refuse(key, allowed);
  std::vector<std::string> read;
  for (const toml::value& entry : found->as_array()) {
    if (!entry.is_string()) return refuse(key, allowed);
    const std::string value = entry.as_string().str;
    if (std::ranges::find(known, value) == known.end() || std::ranges::find(read, value) != read.end())
      return refuse(key, allowed);
    read.push_back(value);
  }
  values = std::move(read);
  return Status::ok();
}

Status TomlTable::texts(const std::string& key, std::vector<std::string>& values) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return Status::ok();
  std::vector<std::string> read;
  if (found->is_string()) read.push_back(found->as_string().str);
  if (found->is_array())
    for (const toml::value& entry : found->as_array())
      if (entry.is_string()) read.push_back(entry.as_string().str);
  const std::size_t wanted = found->is_array() ? found->as_array().size() : 1;
  if (read.size() != wanted) return refuse(key, "a text, or an array of texts");
  values = std::move(read);
  return Status::ok();
}

Result<std::optional<TomlTable>> TomlTable::table(const std::string& key) const {
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return std::optional<TomlTable>();
  if (!found->is_table()) return refuse(key, "a table");
  return std::optional(TomlTable(std::make_shared<const Node>(Node{node_->whole, found, path()})));
}

Result<std::vector<TomlTable>> TomlTable::tables(const std::string& key) const {
  std::vector<TomlTable> tables;
  const toml::value* const found = node_->find(key);
  if (found == nullptr) return tables;
  const std::string allowed = fmt::format("an array of tables, [[{}]]", key);
  if (!found->is_array()) return refuse(key, allowed);
  for (const toml::value& entry : found->as_array()) {
    if (!entry.is_table()) return refuse(key, allowed);
    tables.push_back(TomlTable(std::make_shared<const Node>(Node{node_->whole, &entry, path()})));
  }
  return tables;
}

Result<std::string> TomlTable::as_text(const std::string& key) const {
  const toml::value& value = *node_->find(key);
  if (value.is_string()) return std::string(value.as_string().str);
  if (value.is_integer()) return fmt::format("{}", value.as_integer());
  if (value.is_floating()) return fmt::format("{}", value.as_floating());
  if (value.is_boolean()) return std::string(value.as_boolean() ? "on" : "off");
  return refuse(key, "text in quotes, a number, true or false");
}

}  // namespace memo
