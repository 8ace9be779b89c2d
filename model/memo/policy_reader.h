// PolicyTable: reads a table of a TOML file field by field, with errors that name the file, the line and the key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <toml.hpp>
#include <vector>

#include "memo/status.h"

namespace memo {

// Every read returns ok and leaves `value` as it is when the key is absent.
// Lifetime: the table and the path outlive this.
class PolicyTable {
 public:
  PolicyTable(const std::string& path, const toml::value& table) : path_(path), table_(table) {}

  Status read(const std::string& key, std::string& value) const;
  Status read(const std::string& key, bool& value) const;
  Status read(const std::string& key, std::uint32_t low, std::uint32_t high, std::uint32_t& value) const;
  // An array of integers from 0 to high.
  Status read(const std::string& key, std::uint32_t high, std::vector<std::uint32_t>& values) const;
  // A finite number, at least 0; integers are accepted.
  Status read(const std::string& key, float& value) const;

  bool has(const std::string& key) const { return table_.contains(key); }
  // Errors: invalid_argument for the first key that is not one of `known`.
  Status only(std::initializer_list<std::string_view> known) const;
  // "PATH:LINE: KEY is VALUE, must be ALLOWED"
  Status refuse(const std::string& key, std::string_view allowed) const;

 private:
  const std::string& path_;
  const toml::value& table_;
};

}  // namespace memo
