// The four normalization forms of Unicode, with the tables of the `tokenizers` package.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer/origins/traced_text.h"

namespace memo {

struct NormalForm {
  bool compatible = false;  // NFKC and NFKD
  bool composed = false;    // NFC and NFKC
};

// Requires: text is UTF-8.
// Source: Unicode Standard Annex 15.
std::string to_normal_form(std::string_view text, const NormalForm& form);
// The same, and which character comes from which, as the package sees it.
std::vector<CharacterChange> normal_form_changes(std::string_view text, const NormalForm& form);

}  // namespace memo
