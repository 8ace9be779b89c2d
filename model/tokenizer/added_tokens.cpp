#include "model/tokenizer/added_tokens.h"

#include <algorithm>
#include <utility>

#include "model/tokenizer/unicode.h"
#include "model/tokenizer/utf8.h"

namespace memo {
namespace {

std::size_t skip_whitespace(std::string_view text, std::size_t position) {
  while (position < text.size()) {
    std::size_t next = position;
    if (!is_whitespace(next_code_point(text, next))) break;
    position = next;
  }
  return position;
}

// Where the code point that ends at `end` begins, not before `from`.
std::size_t previous_code_point(std::string_view text, std::size_t from, std::size_t end) {
  std::size_t begin = end - 1;
  while (begin > from && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return begin;
}

std::size_t skip_whitespace_back(std::string_view text, std::size_t from, std::size_t position) {
  while (position > from) {
    const std::size_t begin = previous_code_point(text, from, position);
    std::size_t end = begin;
    if (!is_whitespace(next_code_point(text, end)) || end != position) break;
    position = begin;
  }
  return position;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  const auto longer = [](const AddedToken& a, const AddedToken& b) { return a.content.size() > b.content.size(); };
  std::stable_sort(tokens_.begin(), tokens_.end(), longer);
  for (const AddedToken& token : tokens_) first_byte_[static_cast<unsigned char>(token.content[0])] = true;
}

std::optional<AddedTokens::Match> AddedTokens::find(std::string_view text, std::size_t from) const {
  if (empty()) return std::nullopt;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!first_byte_[static_cast<unsigned char>(text[i])]) continue;
    const auto token = std::find_if(tokens_.begin(), tokens_.end(), [&](const AddedToken& candidate) {
      return text.substr(i).starts_with(candidate.content);
    });
    if (token == tokens_.end()) continue;
    const std::size_t end = i + token->content.size();
    return Match{token->strip_left ? skip_whitespace_back(text, from, i) : i,
                 token->strip_right ? skip_whitespace(text, end) : end, token->id};
  }
  return std::nullopt;
}

}  // namespace memo
