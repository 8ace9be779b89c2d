// JSON Lines files: one JSON object per line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "embed/files/input_file.h"
#include "embed/json/json_object.h"
#include "memo/status.h"

namespace memo {

// An object, with its fields as they are written in the file.
class JsonLine {
 public:
  JsonLine(std::size_t number, std::string text, std::vector<JsonField> fields)
      : number_(number), text_(std::move(text)), fields_(std::move(fields)) {}

  std::size_t number() const { return number_; }  // from 1
  // The value's text; nothing where there is no such field. Lifetime: of this line.
  std::optional<std::string_view> raw(std::string_view key) const;
  // Null where there is no such field, and where it holds a number that is too large for a double.
  nlohmann::json value(std::string_view key) const;
  // Where the field's value begins, in bytes from 1; 1 where there is no such field.
  std::size_t column_of(std::string_view key) const;
  // The keys, for messages: "a", "b".
  std::string keys() const;

 private:
  const JsonField* find(std::string_view key) const;

  std::size_t number_;
  std::string text_;
  std::vector<JsonField> fields_;
};

// Reads a file line by line. Empty lines are skipped.
class JsonLineReader {
 public:
  // "-" is stdin. Errors: as InputFile.
  static Result<JsonLineReader> open(const std::string& path);

  // The next object; nothing at the end.
  // Errors: invalid_argument naming file, line, column and reason (not JSON, not an object, not UTF-8).
  Result<std::optional<JsonLine>> next();

  // "PATH:LINE: WHAT"
  Status error_at(std::size_t line, const std::string& what) const;
  // "PATH:LINE:COLUMN: WHAT", with the column of the field's value.
  Status error_at(const JsonLine& line, std::string_view key, const std::string& what) const;
  // How much of the file has been read, 0 .. 1.
  double fraction() const { return file_.fraction(); }

 private:
  explicit JsonLineReader(InputFile file) : file_(std::move(file)) {}
  Status fault_of(const std::string& text, const JsonFault& fault) const;

  InputFile file_;
  std::size_t line_ = 0;
};

// The string at `key`. Errors: invalid_argument naming file, line, column and field.
Result<std::string> string_field(const JsonLineReader& reader, const JsonLine& line, const std::string& key);

}  // namespace memo
