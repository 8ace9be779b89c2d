#include "model/tokenizer/declared/added_vocabulary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "model/tokenizer/json/json_fields.h"

namespace memo {

bool AddedVocabulary::has(const DeclaredToken& token) const {
  const auto id = ids_.find(token.content);
  return id != ids_.end() && alike(tokens_.at(id->second), token);
}

std::optional<std::int32_t> AddedVocabulary::id_of(std::string_view content) const {
  if (const auto added = ids_.find(content); added != ids_.end()) return added->second;
  if (const auto piece = pieces_.find(content); piece != pieces_.end()) return piece->second;
  return {};
}

std::int32_t AddedVocabulary::next_id() const {
  const auto size = static_cast<std::int32_t>(size_);
  return largest_ >= size ? largest_ + 1 : size;
}

std::optional<std::int32_t> AddedVocabulary::add(const DeclaredToken& token) {
  if (token.content.empty()) return {};
  const bool settled = special_.contains(token.content);
  const bool known = has(token);
  if (!settled && (token.special || !known)) patterns_.push_back(token);
  if (token.special) special_.insert(token.content);
  const std::int32_t id = id_of(token.content).value_or(next_id());
  if (known) return id;
  ids_.insert_or_assign(token.content, id);
  largest_ = std::max(largest_, id);
  tokens_.insert_or_assign(id, token);
  return id;
}

// An added token's text takes precedence over a piece's. Of two pieces with the same id, the package takes any.
TokenTexts AddedVocabulary::texts(const std::vector<std::pair<std::int32_t, std::string>>& repeated) const {
  std::vector<TokenTexts::Entry> entries;
  const auto add_entry = [&](std::int32_t id, std::string_view text) {
    entries.push_back({id, text, special_.contains(text)});
  };
  for (const auto& [text, id] : pieces_) add_entry(id, text);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  for (const auto& [id, text] : repeated) add_entry(id, text);
  for (const auto& [id, token] : tokens_) add_entry(id, token.content);
  return TokenTexts(std::move(entries));
}

Result<AddedTokenLists> AddedVocabulary::lists(
    const std::function<std::string(std::string_view)>& normalize_text) const {
  AddedTokenLists lists;
  std::vector<DeclaredToken> patterns = patterns_;  // where two are alike once normalized, special ones come first
  std::stable_partition(patterns.begin(), patterns.end(),
                        [](const DeclaredToken& token) { return token.special; });
  for (const DeclaredToken& pattern : patterns) {
    const std::int32_t id = ids_.find(pattern.content)->second;
    const DeclaredToken& last = tokens_.at(id);
    AddedToken found{pattern.content, id, last.strip_left, last.strip_right, last.single_word};
    if (pattern.is_normalized()) found.content = normalize_text(pattern.content);
    if (found.content.empty())
      return Status(StatusCode::unsupported,
                    fmt::format("the added token {} is empty after normalization", shown(pattern.content)));
    (pattern.is_normalized() ? lists.normalized : lists.raw).push_back(std::move(found));
  }
  return lists;
}

}  // namespace memo
