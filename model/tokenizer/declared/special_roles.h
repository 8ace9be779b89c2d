// SpecialRoles: the special tokens by their role (cls_token, pad_token, ...), as the files and the class name
// them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"
#include "model/tokenizer/declared/declared_token.h"
#include "model/tokenizer/declared/tokenizer_folder.h"

namespace memo {

struct SpecialToken {
  DeclaredToken token;
  bool plain = false;  // only a string was given: it does not change an existing token
};

// Added tokens by content: a string in a role stands for one of them.
using TokensByContent = std::map<std::string, DeclaredToken>;

struct SpecialRoles {
  std::vector<SpecialToken> all;  // in the order in which the transformers package adds them; each content once,
                                  // but for repeated ones of additional_special_tokens
  std::map<std::string, std::string, std::less<>> contents;  // by role; a role without a token is left out
};

// `padding` is the pad_token of tokenizer.json's padding, for classes without their own; empty: none.
// Errors: corrupt, unsupported, naming the file, the field and its value.
Result<SpecialRoles> read_special_roles(const TokenizerFolder& folder, const TokensByContent& tokens,
                                        const std::string& padding);

// The contents of the special tokens that the files themselves give as strings, or special_tokens_map.json as
// tokens: they decide whether a token of added_tokens.json is special. Requires: read_special_roles found no
// error.
std::vector<std::string> named_in_files(const TokenizerFolder& folder);

// Whether the files are older than added_tokens_decoder: then special_tokens_map.json and added_tokens.json count.
bool is_legacy(const TokenizerFolder& folder);

}  // namespace memo
