#include "embed/json/json_text.h"

#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "embed/files/input_handle.h"
#include "embed/files/lfs_pointer.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// Deep enough for every configuration file there is; nlohmann's own parser has no limit.
constexpr std::size_t kMaxFileDepth = 64;

// Counts brackets outside strings, without judging the rest: the parser does that.
bool nested_deeper_than(std::string_view text, std::size_t limit) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      if (++depth > limit) return true;
    } else if (!in_string && (c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

Status too_large(const std::string& name, const std::string& size, std::size_t max_bytes) {
  return {StatusCode::corrupt, fmt::format("{}: has {} bytes, at most {} are read", name, size, max_bytes)};
}

// The size of a regular file is known before it is read.
Status check_size(std::FILE* file, const std::string& name, std::size_t max_bytes) {
  struct stat about = {};
  if (::fstat(::fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) return Status::ok();
  if (static_cast<std::size_t>(about.st_size) <= max_bytes) return Status::ok();
  return too_large(name, std::to_string(about.st_size), max_bytes);
}

Result<std::string> read_all(std::FILE* file, const std::string& name, std::size_t max_bytes) {
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t read = std::fread(buffer, 1, sizeof buffer, file)) {
    text.append(buffer, read);
    if (text.size() > max_bytes) return too_large(name, fmt::format("more than {}", max_bytes), max_bytes);
  }
  if (std::ferror(file) != 0)
    return Status(StatusCode::internal, fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  return text;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth, const std::string& what) {
  // nlohmann's parser takes it for the end of the text.
  if (text.find('\0') != std::string_view::npos)
    return Status(StatusCode::corrupt, fmt::format("{}: not valid JSON: it has a NUL byte", what));
  if (nested_deeper_than(text, max_depth))
    return Status(StatusCode::corrupt, fmt::format("{}: JSON is nested deeper than {} levels", what, max_depth));
  std::set<std::string> keys;
  std::string repeated;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 && !keys.insert(parsed.get<std::string>()).second)
      repeated = parsed.get<std::string>();
    return true;
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), watch);
    if (repeated.empty()) return json;
    return Status(StatusCode::corrupt, fmt::format("{}: JSON has the key \"{}\" twice", what, repeated));
  } catch (const Json::exception& error) {
    return Status(StatusCode::corrupt, fmt::format("{}: not valid JSON: {}", what, error.what()));
  }
}

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  MEMO_ASSIGN_OR_RETURN(const InputHandle file, open_input(path));
  const std::string name = input_name(path);
  MEMO_RETURN_IF_ERROR(check_size(file.get(), name, max_bytes));
  Result<std::string> text = read_all(file.get(), name, max_bytes);
  if (text) MEMO_RETURN_IF_ERROR(check_is_no_lfs_pointer(*text, name));
  return text;
}

Result<Json> read_json_file(const std::string& path, std::size_t max_bytes) {
  MEMO_ASSIGN_OR_RETURN(auto text, read_text_file(path, max_bytes));
  return parse_json(text, kMaxFileDepth, input_name(path));
}

Result<std::optional<Json>> read_optional_json_file(const std::string& path, std::size_t max_bytes) {
  Result<Json> json = read_json_file(path, max_bytes);
  if (json) return std::optional<Json>(std::move(*json));
  if (json.status().code() == StatusCode::not_found) return std::optional<Json>();
  return json.status();
}

}  // namespace memo
