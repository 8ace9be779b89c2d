#include "model/tokenizer/decoding/decoders.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "embed/json/utf8.h"
#include "model/tokenizer/splitting/byte_level.h"

namespace memo {
namespace {

using Tokens = std::vector<std::string>;

// Requires: pattern is not empty.
void replace_all(std::string& text, std::string_view pattern, std::string_view content) {
  std::string out;
  std::size_t position = 0;
  for (std::size_t found = text.find(pattern); found != std::string::npos; found = text.find(pattern, position)) {
    out.append(text, position, found - position).append(content);
    position = found + pattern.size();
  }
  if (position == 0) return;
  text = out.append(text, position, std::string::npos);
}

void take_spaces_away(std::string& text) {
  constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [pattern, content] : kRules) replace_all(text, pattern, content);
}

// The byte that "<0x41>" names.
std::optional<char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  std::string_view digits = token.substr(3, 2);
  if (digits.starts_with('+')) digits.remove_prefix(1);  // the package's parser of numbers takes a sign
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(value);
}

void append_bytes(const std::string& bytes, Tokens& tokens) {
  if (bytes.empty()) return;
  if (is_utf8(bytes)) return tokens.push_back(bytes);
  std::string unreadable;
  append_utf8(kReplacementCharacter, unreadable);
  tokens.insert(tokens.end(), bytes.size(), unreadable);
}

}  // namespace

void WordPieceDecoder::apply(Tokens& tokens) const {
  bool first = true;
  for (std::string& token : tokens) {
    if (!first) {
      if (token.starts_with(prefix_)) {
        token.erase(0, prefix_.size());
      } else {
        token.insert(0, " ");
      }
    }
    if (cleanup_) take_spaces_away(token);
    first = false;
  }
}

ByteLevelDecoder::ByteLevelDecoder() {
  const auto characters = visible_characters();
  for (std::size_t byte = 0; byte < characters.size(); ++byte)
    bytes_.emplace(characters[byte], static_cast<char>(byte));
}

bool ByteLevelDecoder::append_bytes(std::string_view token, std::string& bytes) const {
  const std::size_t before = bytes.size();
  for (std::size_t position = 0; position < token.size();) {
    const auto found = bytes_.find(next_code_point(token, position));
    if (found == bytes_.end()) {
      bytes.resize(before);
      return false;
    }
    bytes.push_back(found->second);
  }
  return true;
}

void ByteLevelDecoder::apply(Tokens& tokens) const {
  std::string bytes;
  for (const std::string& token : tokens)
    if (!append_bytes(token, bytes)) bytes.append(token);
  tokens = {to_utf8(bytes)};
}

void MetaspaceDecoder::apply(Tokens& tokens) const {
  bool first = true;
  for (std::string& token : tokens) {
    replace_all(token, replacement_, first && prepends_ ? "" : " ");
    first = false;
  }
}

void BpeDecoder::apply(Tokens& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
}

void ByteFallbackDecoder::apply(Tokens& tokens) const {
  Tokens out;
  std::string bytes;
  for (std::string& token : tokens) {
    if (const auto byte = byte_of(token)) {
      bytes.push_back(*byte);
      continue;
    }
    append_bytes(std::exchange(bytes, {}), out);
    out.push_back(std::move(token));
  }
  append_bytes(bytes, out);
  tokens = std::move(out);
}

void ReplaceDecoder::apply(Tokens& tokens) const {
  for (std::string& token : tokens) replace_all(token, pattern_, content_);
}

void FuseDecoder::apply(Tokens& tokens) const {
  std::string text;
  for (const std::string& token : tokens) text.append(token);
  tokens = {std::move(text)};
}

void StripDecoder::apply(Tokens& tokens) const {
  for (std::string& token : tokens) {
    std::string_view rest = token;
    for (std::size_t i = 0; i < max_left_ && rest.starts_with(character_); ++i)
      rest.remove_prefix(character_.size());
    for (std::size_t i = 0; i < max_right_ && rest.ends_with(character_); ++i)
      rest.remove_suffix(character_.size());
    token = std::string(rest);
  }
}

}  // namespace memo
