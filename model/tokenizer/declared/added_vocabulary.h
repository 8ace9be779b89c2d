// AddedVocabulary: the added tokens that result from all files, and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memo/status.h"
#include "model/tokenizer/declared/declared_token.h"
#include "model/tokenizer/decoding/token_texts.h"
#include "model/tokenizer/subwords/added_tokens.h"
#include "model/tokenizer/subwords/word_piece.h"

namespace memo {

// Ids are given as the `tokenizers` package gives them, whatever the files say: a piece of the vocabulary keeps
// its id; any other content gets the next one. A repeated content takes the new flags, except one: whether it is
// matched in normalized text was decided when it was first special. Where it never was special, it is matched both
// ways.
// Source: AddedVocabulary of the `tokenizers` package, 0.19.
class AddedVocabulary {
 public:
  // `pieces` has to outlive this; `size` is the number of pieces, repeated ones of a Unigram model included.
  AddedVocabulary(const Vocabulary& pieces, std::size_t size) : pieces_(pieces), size_(size) {}

  // Returns the token's id; a token without content has none.
  std::optional<std::int32_t> add(const DeclaredToken& token);
  bool has_content(std::string_view content) const { return ids_.find(content) != ids_.end(); }
  bool has(const DeclaredToken& token) const;
  // The id of an added token or a piece.
  std::optional<std::int32_t> id_of(std::string_view content) const;

  // The texts of all ids: of added tokens, pieces, and pieces that are there again with another id.
  TokenTexts texts(const std::vector<std::pair<std::int32_t, std::string>>& repeated) const;
  // Errors: unsupported (nothing is left of a token once normalized).
  Result<AddedTokenLists> lists(const std::function<std::string(std::string_view)>& normalize_text) const;

 private:
  std::int32_t next_id() const;

  const Vocabulary& pieces_;
  std::size_t size_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
  std::int32_t largest_ = -1;                     // of ids_
  std::map<std::int32_t, DeclaredToken> tokens_;  // the last of each id
  std::vector<DeclaredToken> patterns_;           // what is looked for
  std::set<std::string, std::less<>> special_;    // contents in patterns_ that stay as they are
};

}  // namespace memo
