#include "model/tokenizer/declared/tokenizer_class.h"

#include <iterator>
#include <utility>

namespace memo {
namespace {

using Class = TokenizerClass;
using Overrides = TokenizerClass::Overrides;
using Mask = TokenizerClass::Mask;

constexpr RoleDefault kBertRoles[] = {{"unk_token", "[UNK]"},
                                      {"sep_token", "[SEP]"},
                                      {"pad_token", "[PAD]"},
                                      {"cls_token", "[CLS]"},
                                      {"mask_token", "[MASK]"}};
constexpr RoleDefault kRobertaRoles[] = {{"bos_token", "<s>"},    {"eos_token", "</s>"},  {"unk_token", "<unk>"},
                                         {"sep_token", "</s>"},   {"pad_token", "<pad>"}, {"cls_token", "<s>"},
                                         {"mask_token", "<mask>"}};
constexpr RoleDefault kMpnetRoles[] = {{"bos_token", "<s>"},    {"eos_token", "</s>"},  {"unk_token", "[UNK]"},
                                       {"sep_token", "</s>"},   {"pad_token", "<pad>"}, {"cls_token", "<s>"},
                                       {"mask_token", "<mask>"}};
constexpr RoleDefault kDebertaRoles[] = {{"bos_token", "[CLS]"},  {"eos_token", "[SEP]"}, {"unk_token", "[UNK]"},
                                         {"sep_token", "[SEP]"},  {"pad_token", "[PAD]"}, {"cls_token", "[CLS]"},
                                         {"mask_token", "[MASK]"}};
constexpr RoleDefault kAlbertRoles[] = {{"bos_token", "[CLS]"},  {"eos_token", "[SEP]"}, {"unk_token", "<unk>"},
                                        {"sep_token", "[SEP]"},  {"pad_token", "<pad>"}, {"cls_token", "[CLS]"},
                                        {"mask_token", "[MASK]"}};
constexpr RoleDefault kGpt2Roles[] = {
    {"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}};
constexpr std::string_view kCamembertTokens[] = {"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"};

// Source: the tokenization_*_fast.py of transformers 4.44.
constexpr Class kClasses[] = {
    {"PreTrainedTokenizer", {}},
    {"BertTokenizer", kBertRoles, Overrides::bert, Mask::plain, true, false, true},
    {"DistilBertTokenizer", kBertRoles, Overrides::bert, Mask::plain, false, false, true},
    {"ElectraTokenizer", kBertRoles, Overrides::bert, Mask::plain, true, false, true},
    {"MPNetTokenizer", kMpnetRoles, Overrides::mpnet, Mask::strips, false, true, true},
    {"RobertaTokenizer", kRobertaRoles, Overrides::prefix_space, Mask::strips_raw, false},
    {"GPT2Tokenizer", kGpt2Roles, Overrides::prefix_space, Mask::plain, false},
    {"XLMRobertaTokenizer", kRobertaRoles, Overrides::none, Mask::strips, false},
    {"CamembertTokenizer", kRobertaRoles, Overrides::none, Mask::strips, false, false, false, kCamembertTokens},
    {"DebertaV2Tokenizer", kDebertaRoles, Overrides::none, Mask::plain},
    {"AlbertTokenizer", kAlbertRoles, Overrides::none, Mask::strips_raw}};

// Source: tokenization_auto.py of transformers 4.44.
constexpr std::pair<std::string_view, std::string_view> kModels[] = {
    {"bert", "BertTokenizer"},           {"distilbert", "DistilBertTokenizer"},
    {"electra", "ElectraTokenizer"},     {"mpnet", "MPNetTokenizer"},
    {"roberta", "RobertaTokenizer"},     {"gpt2", "GPT2Tokenizer"},
    {"albert", "AlbertTokenizer"},       {"xlm-roberta", "XLMRobertaTokenizer"},
    {"camembert", "CamembertTokenizer"}, {"deberta-v2", "DebertaV2Tokenizer"}};

}  // namespace

const Class* find_tokenizer_class(std::string_view name) {
  constexpr std::string_view kFast = "Fast";
  if (name.ends_with(kFast)) name.remove_suffix(kFast.size());
  for (const Class& known : kClasses)
    if (known.name == name) return &known;
  return nullptr;
}

const Class* tokenizer_class_of_model(std::string_view model_type) {
  for (const auto& [model, name] : kModels)
    if (model == model_type) return find_tokenizer_class(name);
  return nullptr;
}

const Class& plain_tokenizer_class() {
  return kClasses[0];
}

std::string known_tokenizer_classes() {
  std::string names = "PreTrainedTokenizerFast";
  for (const Class& known : kClasses)
    if (&known != &plain_tokenizer_class()) names.append(", ").append(known.name);
  return names;
}

}  // namespace memo
