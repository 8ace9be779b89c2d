#include "model/tokenizer/subwords/added_tokens.h"

#include <algorithm>
#include <utility>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

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
  while (begin > from && is_continuation(text[begin])) --begin;
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

// Whether the token at [begin, end) stands between characters that belong to no word.
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0) {
    std::size_t previous = previous_code_point(text, 0, begin);
    if (is_word_character(next_code_point(text, previous))) return false;
  }
  return end == text.size() || !is_word_character(next_code_point(text, end));
}

ByteTrie trie_of(const std::vector<AddedToken>& tokens) {
  std::vector<ByteTrie::Entry> entries;
  for (std::size_t index = tokens.size(); index-- > 0;)  // of equal keys the last one counts
    entries.emplace_back(tokens[index].content, static_cast<std::int32_t>(index));
  return ByteTrie(std::move(entries));
}

}  // namespace

bool AddedTokens::hold_whitespace() const {
  return std::ranges::any_of(tokens_, [](const AddedToken& token) {
    for (std::size_t position = 0; position < token.content.size();)
      if (is_whitespace(next_code_point(token.content, position))) return true;
    return false;
  });
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), contents_(trie_of(tokens_)) {
  for (const AddedToken& token : tokens_) first_byte_[static_cast<unsigned char>(token.content[0])] = true;
}

const AddedToken* AddedTokens::longest_at(std::string_view text) const {
  const AddedToken* longest = nullptr;
  contents_.for_each_prefix(
      text, [&](std::size_t, std::int32_t index) { longest = &tokens_[static_cast<std::size_t>(index)]; });
  return longest;
}

std::optional<AddedTokens::Match> AddedTokens::find(std::string_view text, const Match& before) const {
  if (empty()) return std::nullopt;
  for (std::size_t i = before.content_end; i < text.size(); ++i) {
    if (!first_byte_[static_cast<unsigned char>(text[i])]) continue;
    const AddedToken* token = longest_at(text.substr(i));
    if (token == nullptr) continue;
    const std::size_t end = i + token->content.size();
    if (!token->single_word || stands_alone(text, i, end))
      return Match{token->strip_left ? skip_whitespace_back(text, before.end, i) : i,
                   token->strip_right ? skip_whitespace(text, end) : end, token->id, end};
    i = end - 1;  // no other token may begin inside it
  }
  return std::nullopt;
}

}  // namespace memo
