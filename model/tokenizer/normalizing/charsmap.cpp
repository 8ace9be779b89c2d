#include "model/tokenizer/normalizing/charsmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

// The max. size of a replacement. Unicode's longest has 33 bytes.
constexpr std::size_t kMaxReplacementBytes = 64;
// A longer grapheme is looked up code point by code point.
constexpr std::size_t kMaxGraphemeBytes = 5;

std::uint32_t read_u32(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

std::uint32_t label(std::uint32_t unit) {
  return unit & 0x800000FFu;
}
bool has_value(std::uint32_t unit) {
  return (unit & 0x100u) != 0;
}
std::uint32_t offset(std::uint32_t unit) {
  return (unit >> 10) << ((unit & 0x200u) >> 6);
}
std::uint32_t value(std::uint32_t unit) {
  return unit & 0x7FFFFFFFu;
}

struct PlainOutput {
  std::size_t size() const { return text.size(); }
  void replace(std::string_view, std::string_view content) { text.append(content); }

  std::string text;
};

std::ptrdiff_t characters_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); });
}

// If a replacement is longer than what it replaces, its last characters count as new. If it is shorter, the last
// character so far also replaces the rest, even if it comes from an earlier replacement.
struct ChangesOutput {
  std::size_t size() const { return bytes; }
  void replace(std::string_view replaced, std::string_view content) {
    bytes += content.size();
    const std::ptrdiff_t count = characters_of(replaced);
    std::ptrdiff_t index = 0;
    for (std::size_t position = 0; position < content.size(); ++index)
      changes.push_back({next_code_point(content, position), index < count ? 0 : 1});
    if (index < count && !changes.empty()) changes.back().change -= static_cast<int>(count - index);
  }

  std::vector<CharacterChange> changes;
  std::size_t bytes = 0;
};

Status check_replacements(std::string_view text) {
  if (!is_utf8(text)) return {StatusCode::corrupt, "has replacements that are not UTF-8"};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    if (end - begin > kMaxReplacementBytes)
      return {StatusCode::corrupt, fmt::format("has a replacement of {} bytes, at most {} are supported",
                                               end - begin, kMaxReplacementBytes)};
    begin = end + 1;
  }
  return Status::ok();
}

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view bytes) {
  const std::size_t trie_bytes = bytes.size() < 4 ? 0 : read_u32(bytes, 0);
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > bytes.size() - 4)
    return Status(StatusCode::corrupt,
                  fmt::format("has a trie of {} bytes in {} bytes", trie_bytes, bytes.size()));
  Charsmap charsmap;
  for (std::size_t i = 4; i < 4 + trie_bytes; i += 4) charsmap.units_.push_back(read_u32(bytes, i));
  charsmap.replacements_ = bytes.substr(4 + trie_bytes);
  MEMO_RETURN_IF_ERROR(check_replacements(charsmap.replacements_));
  return charsmap;
}

std::optional<std::string_view> Charsmap::replacement(std::uint32_t unit) const {
  const std::size_t begin = value(unit);
  if (begin >= replacements_.size() || is_continuation(replacements_[begin])) return std::nullopt;
  const std::size_t end = std::min(replacements_.find('\0', begin), replacements_.size());
  return std::string_view(replacements_).substr(begin, end - begin);
}

std::optional<std::string_view> Charsmap::find(std::string_view text) const {
  std::size_t node = offset(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label(units_[node]) != byte) return std::nullopt;
    const std::uint32_t unit = units_[node];
    node ^= offset(unit);
    if (has_value(unit)) return node < units_.size() ? replacement(units_[node]) : std::nullopt;
  }
  return std::nullopt;
}

template <typename Output>
void CharsmapNormalizer::append(std::string_view grapheme, Output& out) const {
  if (grapheme.size() <= kMaxGraphemeBytes)
    if (const auto found = charsmap_.find(grapheme)) return out.replace(grapheme, *found);
  for (std::size_t position = 0; position < grapheme.size();) {
    const std::size_t begin = position;
    next_code_point(grapheme, position);
    const std::string_view point = grapheme.substr(begin, position - begin);
    out.replace(point, charsmap_.find(point).value_or(point));
  }
}

template <typename Output>
void CharsmapNormalizer::replace_all(std::string_view text, std::size_t max_bytes, Output& out) const {
  for (std::size_t position = 0; position < text.size() && out.size() < max_bytes;) {
    const std::size_t end = end_of_grapheme(text, position);
    append(text.substr(position, end - position), out);
    position = end;
  }
}

void CharsmapNormalizer::apply(NormalizedText& normalized) const {
  if (normalized.origins.empty()) {
    PlainOutput out;
    out.text.reserve(normalized.text.size());
    replace_all(normalized.text, normalized.max_bytes, out);
    normalized.text = std::move(out.text);
  } else {
    ChangesOutput out;
    replace_all(normalized.text, normalized.max_bytes, out);
    normalized.become(apply_changes(normalized.view(), out.changes));
  }
}

Result<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const Status wrong(StatusCode::corrupt, "is not base64");
  std::array<int, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int>(i);
  if (text.size() % 4 != 0) return wrong;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string out;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const int value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) return wrong;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if (i % 4 != 0) out.push_back(static_cast<char>((bits >> (6 - 2 * (i % 4))) & 0xFF));
  }
  return out;
}

}  // namespace memo
