#include "embed/json_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

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

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth, const std::string& what) {
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
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    const int error = errno;
    return Status(error == ENOENT || error == ENOTDIR ? StatusCode::not_found : StatusCode::internal,
                  fmt::format("{}: cannot be opened: {}", path, std::strerror(error)));
  }
  const std::streamoff size = file.tellg();
  if (size < 0) return Status(StatusCode::internal, fmt::format("{}: is not a regular file", path));
  if (static_cast<std::size_t>(size) > max_bytes)
    return Status(StatusCode::corrupt,
                  fmt::format("{}: has {} bytes, at most {} are read", path, size, max_bytes));
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return Status(StatusCode::internal, fmt::format("{}: cannot be read", path));
  return text;
}

Result<Json> read_json_file(const std::string& path, std::size_t max_bytes) {
  auto text = read_text_file(path, max_bytes);
  if (!text) return text.status();
  return parse_json(*text, kMaxFileDepth, path);
}

}  // namespace memo
