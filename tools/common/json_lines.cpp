#include "tools/common/json_lines.h"

#include <fmt/format.h>

#include <filesystem>

#include "embed/json_text.h"

namespace memo {
namespace {

constexpr std::size_t kMaxDepth = 64;

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r") == std::string::npos;
}

}  // namespace

JsonLineReader::JsonLineReader(std::string path, std::ifstream file, std::size_t size)
    : path_(std::move(path)), file_(std::move(file)), size_(size) {}

Result<JsonLineReader> JsonLineReader::open(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return Status(StatusCode::invalid_argument, fmt::format("{}: is a folder, not a file", path));
  std::ifstream file(path);
  if (!file) return Status(StatusCode::not_found, fmt::format("{}: cannot be opened", path));
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return JsonLineReader(path, std::move(file), error ? 0 : static_cast<std::size_t>(size));
}

Status JsonLineReader::error_at(std::size_t line, const std::string& what) const {
  return {StatusCode::invalid_argument, fmt::format("{}:{}: {}", path_, line, what)};
}

Result<std::optional<JsonLine>> JsonLineReader::next() {
  for (std::string text; std::getline(file_, text);) {
    ++line_;
    read_ += text.size() + 1;
    if (is_blank(text)) continue;
    Result<nlohmann::json> object = parse_json(text, kMaxDepth, "line");
    if (!object) return error_at(line_, "not valid JSON");
    if (!object->is_object()) return error_at(line_, "not a JSON object");
    return std::optional<JsonLine>(JsonLine{line_, std::move(*object)});
  }
  if (file_.bad()) return error_at(line_ + 1, "cannot be read");
  return std::optional<JsonLine>();
}

Result<std::string> string_field(const JsonLineReader& reader, const JsonLine& line, const std::string& key) {
  const auto found = line.object.find(key);
  if (found == line.object.end()) return reader.error_at(line.number, fmt::format("has no field \"{}\"", key));
  if (!found->is_string())
    return reader.error_at(line.number,
                           fmt::format("field \"{}\" is a {}, not a string", key, found->type_name()));
  return found->get<std::string>();
}

}  // namespace memo
