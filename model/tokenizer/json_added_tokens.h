// The added tokens of a tokenizer.json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/status.h"
#include "embed/json_text.h"
#include "model/tokenizer/added_tokens.h"
#include "model/tokenizer/word_piece.h"

namespace memo {

struct AddedTokenLists {
  std::vector<AddedToken> raw;         // matched in the text as it is
  std::vector<AddedToken> normalized;  // content normalized, matched in the normalized text
};

// `json` is the field "added_tokens"; null means none.
// Errors: corrupt (an id that is not the vocabulary's), unsupported (nothing is left of a token once normalized,
// or it is very long); naming the field.
Result<AddedTokenLists> read_added_tokens(const nlohmann::json& json, const Vocabulary& vocabulary,
                                          const std::function<std::string(std::string_view)>& normalize_text);

}  // namespace memo
