// TokenizerClass: what a class of the transformers package adds to the files that it reads, and changes in them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace memo {

// A special token that a class has where no file says otherwise.
struct RoleDefault {
  std::string_view role;     // "cls_token"
  std::string_view content;  // "[CLS]"
};

struct TokenizerClass {
  enum class Overrides {
    none,          // tokenizer.json as it is
    bert,          // do_lower_case, strip_accents, tokenize_chinese_chars of tokenizer_config.json
    mpnet,         // the first two of them
    prefix_space,  // add_prefix_space
  };
  // How a mask token that is only a string becomes an added token.
  enum class Mask { plain, strips, strips_raw };

  std::string_view name;  // without "Fast"
  std::span<const RoleDefault> roles;
  Overrides overrides = Overrides::none;
  Mask mask = Mask::plain;
  bool has_types = true;                              // the model is given token types
  bool wraps_roles = false;                           // every special token that is only a string is added again
  bool reads_vocabulary = false;                      // vocab.txt, where there is no tokenizer.json
  std::span<const std::string_view> additional = {};  // additional_special_tokens
};

// By tokenizer_class. nullptr: unknown, or without a fast tokenizer.
const TokenizerClass* find_tokenizer_class(std::string_view name);
// By the model_type of config.json.
const TokenizerClass* tokenizer_class_of_model(std::string_view model_type);
// PreTrainedTokenizerFast: it only does what the files say.
const TokenizerClass& plain_tokenizer_class();

// For messages.
std::string known_tokenizer_classes();

}  // namespace memo
