#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/splitting/patterns.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using LoadedPattern = std::unique_ptr<Pattern>;

constexpr std::size_t kMaxStringBytes = 1024;

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kCl100k =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

LoadedPattern known_pattern(std::string_view regex) {
  if (regex == kGpt2) return std::make_unique<Gpt2Pattern>();
  if (regex == kCl100k) return std::make_unique<Cl100kPattern>(3);
  if (regex == kQwen2) return std::make_unique<Cl100kPattern>(1);
  if (regex == R"(\s+)") return std::make_unique<RunPattern>(is_whitespace);
  if (regex == R"(\s)") return std::make_unique<RunPattern>(is_whitespace, 1);
  if (regex == R"(\p{N}+)") return std::make_unique<RunPattern>(is_number);
  if (regex == R"(\p{N}{1,3})") return std::make_unique<RunPattern>(is_number, 3);
  if (regex == R"(\p{N})") return std::make_unique<RunPattern>(is_number, 1);
  if (regex == R"(\d+)") return std::make_unique<RunPattern>(is_decimal_digit);
  if (regex == R"(\d)") return std::make_unique<RunPattern>(is_decimal_digit, 1);
  return nullptr;
}

}  // namespace

Result<LoadedPattern> read_split_pattern(const Json& json, const std::string& field) {
  const Json& text = at_path(json, "String");
  const Json& regex = at_path(json, "Regex");
  if (text.is_string()) {
    const std::string content = text.get<std::string>();
    if (content.empty() || content.size() > kMaxStringBytes)
      return wrong(StatusCode::unsupported, field + ".String",
                   fmt::format("has {} bytes, supported are 1 to {}", content.size(), kMaxStringBytes));
    return LoadedPattern(std::make_unique<StringPattern>(content));
  }
  if (!regex.is_string())
    return wrong(StatusCode::corrupt, field,
                 fmt::format(R"(is {}, neither {{"String": "..."}} nor {{"Regex": "..."}})", shown(json)));
  LoadedPattern pattern = known_pattern(regex.get<std::string>());
  if (pattern) return pattern;
  return wrong(StatusCode::unsupported, field + ".Regex",
               fmt::format("is {}, which is none of the regular expressions that are known", shown(regex)));
}

}  // namespace memo
