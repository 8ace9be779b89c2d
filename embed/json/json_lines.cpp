#include "embed/json/json_lines.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "embed/files/lfs_pointer.h"
#include "embed/json/json_text.h"

namespace memo {
namespace {

constexpr std::size_t kMaxDepth = 64;

bool is_blank(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The kind of a file whose first bytes are not JSON; empty where they do not show it.
std::string foreign_content(std::string_view text) {
  const auto starts_with = [&](std::string_view bytes) { return text.starts_with(bytes); };
  using namespace std::string_view_literals;
  const bool is_utf32 = starts_with("\xFF\xFE\0\0"sv) || starts_with("\0\0\xFE\xFF"sv);
  const bool is_utf16 =
      starts_with("\xFF\xFE"sv) || starts_with("\xFE\xFF"sv) || starts_with("{\0"sv) || starts_with("\0{"sv);
  if (is_lfs_pointer(text)) return lfs_pointer_advice();
  if (!is_utf32 && !is_utf16) return {};
  return fmt::format("is a UTF-{} file; convert it to UTF-8, e.g. with iconv -f UTF-{} -t UTF-8",
                     is_utf32 ? 32 : 16, is_utf32 ? 32 : 16);
}

}  // namespace

const JsonField* JsonLine::find(std::string_view key) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const JsonField& field) { return field.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

std::optional<std::string_view> JsonLine::raw(std::string_view key) const {
  const JsonField* field = find(key);
  if (field == nullptr) return std::nullopt;
  return std::string_view(text_).substr(field->begin, field->end - field->begin);
}

nlohmann::json JsonLine::value(std::string_view key) const {
  const std::optional<std::string_view> json = raw(key);
  if (!json) return nullptr;
  nlohmann::json value = nlohmann::json::parse(*json, nullptr, false);
  return value.is_discarded() ? nlohmann::json() : value;
}

std::size_t JsonLine::column_of(std::string_view key) const {
  const JsonField* field = find(key);
  return field == nullptr ? 1 : field->begin + 1;
}

std::string JsonLine::keys() const {
  std::string keys;
  for (const JsonField& field : fields_) keys += fmt::format("{}\"{}\"", keys.empty() ? "" : ", ", field.key);
  return keys;
}

Result<JsonLineReader> JsonLineReader::open(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(InputFile file, InputFile::open(path));
  return JsonLineReader(std::move(file));
}

Status JsonLineReader::error_at(std::size_t line, const std::string& what) const {
  return {StatusCode::invalid_argument, fmt::format("{}:{}: {}", file_.name(), line, what)};
}

Status JsonLineReader::error_at(const JsonLine& line, std::string_view key, const std::string& what) const {
  return {StatusCode::invalid_argument,
          fmt::format("{}:{}:{}: {}", file_.name(), line.number(), line.column_of(key), what)};
}

Status JsonLineReader::fault_of(const std::string& text, const JsonFault& fault) const {
  const std::string content = line_ == 1 ? foreign_content(text) : "";
  const std::size_t column = content.empty() ? fault.column : 1;
  return {StatusCode::invalid_argument,
          fmt::format("{}:{}:{}: {}", file_.name(), line_, column, content.empty() ? fault.reason : content)};
}

Result<std::optional<JsonLine>> JsonLineReader::next() {
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(std::optional<std::string> text, file_.next_line());
    if (!text.has_value()) return std::optional<JsonLine>();
    ++line_;
    if (is_blank(*text)) continue;
    auto fields = fields_of_object(*text, kMaxDepth);
    if (const auto* fault = std::get_if<JsonFault>(&fields)) return fault_of(*text, *fault);
    return std::optional<JsonLine>(
        JsonLine(line_, std::move(*text), std::move(std::get<std::vector<JsonField>>(fields))));
  }
}

Result<std::string> string_field(const JsonLineReader& reader, const JsonLine& line, const std::string& key) {
  const std::optional<std::string_view> json = line.raw(key);
  if (!json) {
    const std::string keys = line.keys();
    return reader.error_at(line, key,
                           fmt::format("has no field \"{}\"{}", key, keys.empty() ? "" : "; it has " + keys));
  }
  if (json->front() != '"')
    return reader.error_at(line, key, fmt::format("field \"{}\" is {}, not a string", key, type_of_json(*json)));
  return text_of_json(*json);
}

}  // namespace memo
