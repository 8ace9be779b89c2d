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

bool has_whitespace(const std::string& content) {
  for (std::size_t position = 0; position < content.size();)
    if (is_whitespace(next_code_point(content, position))) return true;
  return false;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), contents_(trie_of(tokens_)) {
  for (const AddedToken& token : tokens_) {
    first_byte_[static_cast<unsigned char>(token.content[0])] = true;
    hold_whitespace_ = hold_whitespace_ || has_whitespace(token.content);
  }
}

const AddedToken* AddedTokens::longest_at(std::string_view text) const {
  const AddedToken* longest = nullptr;
  contents_.for_each_prefix(
      text, [&](std::size_t, std::int32_t index) { longest = &tokens_[static_cast<std::size_t>(index)]; });
  return longest;
}

AddedTokens::Match AddedTokens::find(std::string_view text, std::size_t from, std::size_t until) const {
  std::size_t i = empty() ? until : from;
  while (i < until) {
    const bool may_begin = first_byte_[static_cast<unsigned char>(text[i])];
    const AddedToken* const token = may_begin ? longest_at(text.substr(i)) : nullptr;
    const std::size_t end = i + (token == nullptr ? 1 : token->content.size());
    if (token != nullptr && (!token->single_word || stands_alone(text, i, end))) return {token, i};
    i = end;  // no other token may begin inside one that does not stand alone
  }
  return {nullptr, i};
}

TokenCuts::Step TokenCuts::next() {
  const std::size_t begin = std::max(taken_, searched_);
  const AddedTokens::Match match = tokens_.find(text_, searched_, window_end());
  searched_ = match.begin;
  if (match.token != nullptr) {
    searched_ += match.token->content.size();
    const bool left = match.token->strip_left;
    const std::size_t begins =
        left ? std::max(taken_, skip_whitespace_back(text_, taken_, match.begin)) : match.begin;
    Step step = take_until(begins);
    step.token = match.token->id;
    taken_ = match.token->strip_right ? skip_whitespace(text_, searched_) : searched_;
    step.token_text = text_.substr(begins, taken_ - begins);
    return step;
  }
  if (at_end()) return take_until(searched_);
  // The next token may strip the whitespace at the end of the window, so this is not taken yet. Where the window has
  // nothing but whitespace, nothing is taken.
  const std::size_t end = skip_whitespace_back(text_, begin, searched_);
  return take_until(end == begin ? taken_ : end);
}

// A window ends with a whole character.
std::size_t TokenCuts::window_end() const {
  const std::size_t begin = std::max(taken_, searched_);
  if (text_.size() - begin <= window_) return text_.size();
  std::size_t end = begin + window_;
  while (end < text_.size() && is_continuation(text_[end])) ++end;
  return end;
}

TokenCuts::Step TokenCuts::take_until(std::size_t end) {
  Step step;
  step.begins_the_text = taken_ == 0;
  if (end > taken_) step.text = text_.substr(taken_, end - taken_);
  taken_ = std::max(taken_, end);
  return step;
}

}  // namespace memo
