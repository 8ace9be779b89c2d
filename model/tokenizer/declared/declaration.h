// Declaration: how the files beside tokenizer.json change it, as transformers.AutoTokenizer combines them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/declared/added_vocabulary.h"
#include "model/tokenizer/declared/declared_token.h"
#include "model/tokenizer/declared/special_roles.h"
#include "model/tokenizer/declared/tokenizer_folder.h"

namespace memo {

struct Declaration {
  std::vector<DeclaredToken> tokens;  // beside those of tokenizer.json, in the order in which they are added
  SpecialRoles roles;
  bool truncate_left = false;
  bool has_types = true;
  std::optional<std::size_t> max_length;
};

// `tokenizer` is the content of tokenizer.json.
// Errors: corrupt, unsupported, naming the file, the field and its value.
Result<Declaration> read_declaration(const TokenizerFolder& folder, const nlohmann::json& tokenizer);

// Adds the declared tokens, and special tokens that are not added tokens yet: the latter may get new ids behind
// the vocabulary.
void add_declared(const Declaration& declaration, AddedVocabulary& added);

}  // namespace memo
