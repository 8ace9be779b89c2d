// JSON Lines files: one JSON object a line.
#pragma once

#include <cstddef>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "client/status.h"

namespace memo {

struct JsonLine {
  std::size_t number = 0;  // from 1
  nlohmann::json object;
};

// Reads a file line by line, in bounded memory. Empty lines are skipped.
class JsonLineReader {
 public:
  // Errors: not_found.
  static Result<JsonLineReader> open(const std::string& path);

  // The next object; nothing at the end.
  // Errors: invalid_argument naming file and line (not JSON, not an object).
  Result<std::optional<JsonLine>> next();

  // "PATH:LINE: WHAT"
  Status error_at(std::size_t line, const std::string& what) const;
  // How much of the file has been read, 0 .. 1.
  double fraction() const { return size_ == 0 ? 1 : static_cast<double>(read_) / static_cast<double>(size_); }

 private:
  JsonLineReader(std::string path, std::ifstream file, std::size_t size);

  std::string path_;
  std::ifstream file_;
  std::size_t size_;
  std::size_t read_ = 0;
  std::size_t line_ = 0;
};

// The string at `key`. Errors: invalid_argument naming file and line.
Result<std::string> string_field(const JsonLineReader& reader, const JsonLine& line, const std::string& key);

}  // namespace memo
