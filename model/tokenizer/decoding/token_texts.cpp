#include "model/tokenizer/decoding/token_texts.h"

#include <algorithm>

namespace memo {

TokenTexts::TokenTexts(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  tokens_.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (i + 1 < entries.size() && entries[i + 1].id == entry.id) continue;
    tokens_.push_back({entry.id, static_cast<std::uint32_t>(bytes_.size()),
                       static_cast<std::uint32_t>(entry.text.size()) & 0x7FFFFFFFu, entry.special ? 1u : 0u});
    bytes_.append(entry.text);
  }
}

std::optional<TokenTexts::Entry> TokenTexts::find(std::int32_t id) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), id,
                                      [](const Token& token, std::int32_t wanted) { return token.id < wanted; });
  if (found == tokens_.end() || found->id != id) return std::nullopt;
  return Entry{id, std::string_view(bytes_).substr(found->begin, found->size), found->special != 0};
}

}  // namespace memo
