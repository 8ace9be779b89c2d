#include "model/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "model/tokenizer/bert_tokenizer.h"
#include "model/tokenizer/composed_tokenizer.h"
#include "model/tokenizer/json_added_tokens.h"
#include "model/tokenizer/json_fields.h"
#include "model/tokenizer/json_model.h"
#include "model/tokenizer/json_normalizer.h"
#include "model/tokenizer/json_post_processor.h"
#include "model/tokenizer/json_pre_tokenizer.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Loaded = Result<std::unique_ptr<Tokenizer>>;

constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;

// The first of `names` that is a piece or an added token.
std::int32_t find_id(std::initializer_list<std::string_view> names, const Vocabulary& vocabulary,
                     const AddedTokenLists& added, std::int32_t otherwise) {
  for (const std::string_view name : names) {
    for (const auto* tokens : {&added.raw, &added.normalized})
      for (const AddedToken& token : *tokens)
        if (token.content == name) return token.id;
    const auto found = vocabulary.find(name);
    if (found != vocabulary.end()) return found->second;
  }
  return otherwise;
}

// Padding is masked, so any piece will do.
std::int32_t find_pad(const Vocabulary& vocabulary, const AddedTokenLists& added) {
  return find_id({"[PAD]", "<pad>"}, vocabulary, added, 0);
}

std::int32_t largest_id(const Vocabulary& vocabulary, const AddedTokenLists& added, const SpecialTokens& special) {
  std::int32_t largest = 0;
  for (const auto& [piece, id] : vocabulary) largest = std::max(largest, id);
  for (const auto* tokens : {&added.raw, &added.normalized})
    for (const AddedToken& token : *tokens) largest = std::max(largest, token.id);
  for (const auto* ids : {&special.before, &special.after})
    for (const std::int32_t id : *ids) largest = std::max(largest, id);
  return largest;
}

// WordPiece is read by the tokenizer that does all of BERT's steps in one pass.
Loaded make_bert(const Json& json) {
  BertTokenizerParts parts;
  MEMO_RETURN_IF_ERROR(read_word_piece(at_path(json, "model"), parts));
  MEMO_RETURN_IF_ERROR(read_bert_normalizer(at_path(json, "normalizer"), "normalizer", parts.normalizer));
  if (at_path(json, "pre_tokenizer.type") != "BertPreTokenizer")
    return unsupported_type(at_path(json, "pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer for WordPiece");
  auto added = read_added_tokens(at_path(json, "added_tokens"), parts.vocabulary,
                                 [&](std::string_view text) { return normalize(text, parts.normalizer); });
  if (!added) return added.status();
  auto special = read_post_processor(at_path(json, "post_processor"));
  if (!special) return special.status();
  if (special->before.size() != 1 || special->after.size() != 1)
    return wrong(StatusCode::unsupported, "post_processor",
                 "is not one token, the text, one token, as WordPiece needs");
  parts.cls_id = special->before[0];
  parts.sep_id = special->after[0];
  parts.pad_id = find_pad(parts.vocabulary, *added);
  parts.raw_tokens = std::move(added->raw);
  parts.normalized_tokens = std::move(added->normalized);
  return std::unique_ptr<Tokenizer>(std::make_unique<BertTokenizer>(std::move(parts)));
}

Status add_vocabulary(const Json& json, const Vocabulary& vocabulary, TokenizerParts& parts) {
  const auto normalize_text = [&](std::string_view text) {
    NormalizedText normalized(text, true);
    parts.normalizer->apply(normalized);
    return normalized.text;
  };
  auto added = read_added_tokens(at_path(json, "added_tokens"), vocabulary, normalize_text);
  if (!added) return added.status();
  parts.vocabulary_size = largest_id(vocabulary, *added, parts.special_tokens) + 1;
  parts.pad_id = find_pad(vocabulary, *added);
  parts.end_of_text_id = find_id({"<|endoftext|>", "</s>", "<eos>", "[SEP]"}, vocabulary, *added, parts.pad_id);
  parts.raw_tokens = AddedTokens(std::move(added->raw));
  parts.normalized_tokens = AddedTokens(std::move(added->normalized));
  return Status::ok();
}

Loaded compose(const Json& json, Result<LoadedModel> loaded) {
  if (!loaded) return loaded.status();
  auto normalizer = read_normalizer(at_path(json, "normalizer"));
  if (!normalizer) return normalizer.status();
  auto pre_tokenizer = read_pre_tokenizer(at_path(json, "pre_tokenizer"));
  if (!pre_tokenizer) return pre_tokenizer.status();
  auto special = read_post_processor(at_path(json, "post_processor"));
  if (!special) return special.status();
  TokenizerParts parts;
  parts.normalizer = std::move(normalizer).value();
  parts.pre_tokenizer = std::move(pre_tokenizer).value();
  parts.model = std::move(loaded->model);
  parts.special_tokens = std::move(special).value();
  MEMO_RETURN_IF_ERROR(add_vocabulary(json, loaded->vocabulary, parts));
  return std::unique_ptr<Tokenizer>(std::make_unique<ComposedTokenizer>(std::move(parts)));
}

Loaded make(const Json& json) {
  const Json& model = at_path(json, "model");
  const auto kind = model_kind(model);
  if (!kind) return kind.status();
  if (*kind == ModelKind::word_piece) return make_bert(json);
  return compose(json, *kind == ModelKind::bpe ? read_bpe(model) : read_unigram(model));
}

}  // namespace

Loaded read_tokenizer_json(const std::string& path) {
  auto json = read_json_file(path, kMaxTokenizerBytes);
  if (!json) return json.status();
  auto tokenizer = make(*json);
  if (tokenizer) return tokenizer;
  return Status(tokenizer.status().code(), fmt::format("{}: {}", path, tokenizer.status().message()));
}

}  // namespace memo
