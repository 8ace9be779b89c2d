// TomlTable: a table of a TOML text, read key by key, with errors that name the file, the line and the key. The
// one seam to toml11.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"

namespace memo {

// Every read returns ok and leaves `value` as it is where the key is absent.
// Errors, unless said otherwise: invalid_argument, "PATH:LINE: KEY is VALUE, must be ALLOWED".
// Threads: any, as long as nobody assigns to it.
class TomlTable {
 public:
  // The whole text. path: for messages. Errors: invalid_argument (not TOML, with the line).
  static Result<TomlTable> parse(const std::string& text, const std::string& path);
  // The whole file. Errors: as parse(), also for one that cannot be read.
  static Result<TomlTable> load(const std::string& path);

  const std::string& path() const;
  bool has(const std::string& key) const;
  bool has_array(const std::string& key) const;
  std::vector<std::string> keys() const;

  Status text(const std::string& key, std::string& value) const;
  Status flag(const std::string& key, bool& value) const;
  // Integers are numbers, too.
  Status number(const std::string& key, double low, double high, double& value) const;
  template <typename Integer>
  Status integer(const std::string& key, std::int64_t low, std::int64_t high, Integer& value) const {
    const Result<std::optional<std::int64_t>> found = find_integer(key, low, high);
    if (found && *found) value = static_cast<Integer>(**found);
    return found.status();
  }
  // Of an array.
  template <typename Integer>
  Status integers(const std::string& key, std::int64_t low, std::int64_t high,
                  std::vector<Integer>& values) const {
    const Result<std::optional<std::vector<std::int64_t>>> found = find_integers(key, low, high);
    if (found && *found) values.assign((*found)->begin(), (*found)->end());
    return found.status();
  }
  // Of an array; each one of `known`, once.
  Status choices(const std::string& key, std::span<const std::string_view> known,
                 std::vector<std::string>& values) const;
  // Of a text, or of an array of texts.
  Status texts(const std::string& key, std::vector<std::string>& values) const;
  // [key]; none where it is absent.
  Result<std::optional<TomlTable>> table(const std::string& key) const;
  // [[key]]; none where it is absent.
  Result<std::vector<TomlTable>> tables(const std::string& key) const;
  // A text, number or flag, written as on a command line. Requires: has(key).
  Result<std::string> as_text(const std::string& key) const;

  // The first key that is not one of `known`.
  Status only(std::span<const std::string_view> known) const;
  Status only(std::initializer_list<std::string_view> known) const {
    return only(std::span(known.begin(), known.size()));
  }
  // The error that says what the key's value is, and what is allowed. Requires: has(key).
  Status refuse(const std::string& key, std::string_view allowed) const;

 private:
  struct Node;
  template <typename Read>
  static Result<TomlTable> read(const Read& read_all, const std::string& path);
  explicit TomlTable(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  Result<std::optional<std::int64_t>> find_integer(const std::string& key, std::int64_t low,
                                                   std::int64_t high) const;
  Result<std::optional<std::vector<std::int64_t>>> find_integers(const std::string& key, std::int64_t low,
                                                                 std::int64_t high) const;

  std::shared_ptr<const Node> node_;
};

}  // namespace memo
