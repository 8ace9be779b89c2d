#include "model/tokenizer/tokenizer_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "model/tokenizer/bert_tokenizer.h"
#include "model/tokenizer/composed_tokenizer.h"
#include "model/tokenizer/json/json_decoder.h"
#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/json_model.h"
#include "model/tokenizer/json/json_normalizer.h"
#include "model/tokenizer/json/json_post_processor.h"
#include "model/tokenizer/json/json_pre_tokenizer.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Loaded = Result<std::unique_ptr<Tokenizer>>;

// The package refuses any other field or version.
Status check_fields(const Json& json) {
  if (!json.is_object()) return {StatusCode::corrupt, fmt::format("is {}, not an object", shown(json))};
  for (const auto& [name, value] : json.items()) {
    constexpr std::string_view kFields[] = {"version",        "truncation", "padding",
                                            "added_tokens",   "normalizer", "pre_tokenizer",
                                            "post_processor", "decoder",    "model"};
    if (std::find(std::begin(kFields), std::end(kFields), name) == std::end(kFields))
      return wrong(StatusCode::unsupported, name, fmt::format("is {}, a field that is not known", shown(value)));
  }
  const Json& version = at_path(json, "version");
  if (version.is_null() || version == "1.0") return Status::ok();
  return wrong(StatusCode::unsupported, "version", fmt::format("is {}, must be \"1.0\"", shown(version)));
}

// The added tokens, with their contents normalized by `normalizer` where they are matched in normalized text.
Result<AddedTokenLists> lists_of(const AddedVocabulary& added, const Json& normalizer) {
  MEMO_ASSIGN_OR_RETURN(auto read, read_normalizer(normalizer));
  return added.lists([&](std::string_view text) {
    NormalizedText normalized(text, true);
    read->apply(normalized);
    return normalized.text;
  });
}

// The package ignores the ids in the file and gives its own, so both must agree.
Status add_own(const Json& json, AddedVocabulary& added) {
  MEMO_ASSIGN_OR_RETURN(const auto tokens, read_added_tokens(json));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& [id, token] = tokens[i];
    const std::int32_t given = added.add(token).value_or(id);
    if (given != id)
      return wrong(StatusCode::corrupt, fmt::format("added_tokens[{}].id", i),
                   fmt::format("is {}, but {} is number {} of this vocabulary", id, shown(token.content), given));
  }
  return Status::ok();
}

// The first of `names` that is a piece or an added token.
std::int32_t find_id(std::initializer_list<std::string_view> names, const AddedVocabulary& added,
                     std::int32_t otherwise) {
  for (const std::string_view name : names)
    if (const auto id = added.id_of(name)) return *id;
  return otherwise;
}

// Padding is masked, so any piece will do.
std::int32_t find_pad(const Declaration& declaration, const AddedVocabulary& added) {
  const auto declared = declaration.roles.contents.find("pad_token");
  const std::int32_t usual = find_id({"[PAD]", "<pad>"}, added, 0);
  return declared == declaration.roles.contents.end() ? usual : find_id({declared->second}, added, usual);
}

Result<Frame> read_frame(const Json& json, const Declaration& declaration, const AddedVocabulary& added) {
  MEMO_ASSIGN_OR_RETURN(auto special, read_post_processor(at_path(json, "post_processor")));
  Frame frame;
  frame.special_tokens = std::move(special);
  frame.truncate_left = declaration.truncate_left;
  frame.has_types = declaration.has_types;
  frame.pad_id = find_pad(declaration, added);
  frame.end_of_text_id = find_id({"<|endoftext|>", "</s>", "<eos>", "[SEP]"}, added, frame.pad_id);
  return frame;
}

// Errors: as read_decoder.
Result<DecoderChain> decoder_of(const Json& json) {
  auto chain = read_decoder(at_path(json, "decoder"));
  return chain ? std::move(chain) : in_file("tokenizer.json", chain.status());
}

TokenizerTraits traits_of(const Declaration& declaration, const AddedVocabulary& added) {
  TokenizerTraits traits;
  traits.max_length = declaration.max_length;
  for (const SpecialToken& role : declaration.roles.all)
    if (const auto id = added.id_of(role.token.content)) traits.special_ids.push_back(*id);
  std::sort(traits.special_ids.begin(), traits.special_ids.end());
  return traits;
}

// The parts of a tokenizer, of any model, that follow from the added tokens of a file and its folder.
struct Additions {
  AddedTokenLists tokens;
  Frame frame;
  TokenizerTraits traits;
};

Result<Additions> read_additions(const Json& json, const Json& token_normalizer, const Declaration& declaration,
                                 AddedVocabulary added, const LoadedSubwords::Repeated& repeated) {
  MEMO_RETURN_IF_ERROR(add_own(at_path(json, "added_tokens"), added));
  add_declared(declaration, added);
  MEMO_ASSIGN_OR_RETURN(auto lists, lists_of(added, token_normalizer));
  MEMO_ASSIGN_OR_RETURN(auto frame, read_frame(json, declaration, added));
  Additions additions{std::move(lists), std::move(frame), traits_of(declaration, added)};
  additions.traits.decoder = TextDecoder(added.texts(repeated), decoder_of(json));
  return additions;
}

// Whether BertTokenizer can be used, which does all of BERT's steps in one pass.
bool is_bert(const Json& json, ModelKind kind) {
  return kind == ModelKind::word_piece && at_path(json, "normalizer.type") == "BertNormalizer" &&
         at_path(json, "pre_tokenizer.type") == "BertPreTokenizer";
}

Loaded make_bert(const Json& json, const Json& token_normalizer, const Declaration& declaration) {
  BertTokenizerParts parts;
  MEMO_RETURN_IF_ERROR(read_word_piece(at_path(json, "model"), parts.vocabulary, parts.word_piece));
  MEMO_RETURN_IF_ERROR(read_bert_normalizer(at_path(json, "normalizer"), "normalizer", parts.normalizer));
  MEMO_ASSIGN_OR_RETURN(auto additions, read_additions(json, token_normalizer, declaration,
                                                       {parts.vocabulary, parts.vocabulary.size()}, {}));
  parts.added = std::move(additions.tokens);
  parts.frame = std::move(additions.frame);
  auto tokenizer = std::make_unique<BertTokenizer>(std::move(parts));
  tokenizer->set_traits(std::move(additions.traits));
  return std::unique_ptr<Tokenizer>(std::move(tokenizer));
}

Result<TokenizerParts> read_parts(const Json& json, Result<LoadedSubwords>& loaded) {
  if (!loaded) return loaded.status();
  MEMO_ASSIGN_OR_RETURN(auto normalizer, read_normalizer(at_path(json, "normalizer")));
  MEMO_ASSIGN_OR_RETURN(auto pre_tokenizer, read_pre_tokenizer(at_path(json, "pre_tokenizer")));
  TokenizerParts parts;
  parts.normalizer = std::move(normalizer);
  parts.pre_tokenizer = std::move(pre_tokenizer);
  parts.model = std::move(loaded->model);
  return parts;
}

Loaded compose(const Json& json, const Json& token_normalizer, const Declaration& declaration,
               Result<LoadedSubwords> loaded) {
  MEMO_ASSIGN_OR_RETURN(auto parts, read_parts(json, loaded));
  MEMO_ASSIGN_OR_RETURN(auto additions, read_additions(json, token_normalizer, declaration,
                                                       {loaded->vocabulary, loaded->size}, loaded->repeated));
  parts.vocabulary_size = vocabulary_size(loaded->vocabulary, additions.tokens, additions.frame);
  parts.raw_tokens = AddedTokens(std::move(additions.tokens.raw));
  parts.normalized_tokens = AddedTokens(std::move(additions.tokens.normalized));
  parts.frame = std::move(additions.frame);
  auto tokenizer = std::make_unique<ComposedTokenizer>(std::move(parts));
  tokenizer->set_traits(std::move(additions.traits));
  return std::unique_ptr<Tokenizer>(std::move(tokenizer));
}

Result<LoadedSubwords> read_model(const Json& json, ModelKind kind) {
  if (kind == ModelKind::bpe) return read_bpe(json);
  return kind == ModelKind::unigram ? read_unigram(json) : read_word_piece_model(json);
}

}  // namespace

Loaded make_tokenizer(const Json& json, const Json& token_normalizer, const Declaration& declaration) {
  MEMO_RETURN_IF_ERROR(check_fields(json));
  const Json& model = at_path(json, "model");
  MEMO_ASSIGN_OR_RETURN(const auto kind, model_kind(model));
  if (is_bert(json, kind)) return make_bert(json, token_normalizer, declaration);
  return compose(json, token_normalizer, declaration, read_model(model, kind));
}

}  // namespace memo
