#include "model/text/loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "model/folder/model_folder.h"

namespace memo {
namespace {

// Tokens of the longest text, where no file of the folder states a limit.
constexpr std::int64_t kPlainLength = 128;

Status check_ids(const std::string& folder, const Tokenizer& tokenizer, const ModelConfig& config) {
  if (tokenizer.vocabulary_size() <= config.vocabulary) return Status::ok();
  return {StatusCode::corrupt, fmt::format("{}: the tokenizer has {} ids, the model only {}", folder,
                                           tokenizer.vocabulary_size(), config.vocabulary)};
}

}  // namespace

Result<LoadedModel> LoadedModel::load(const std::string& folder) {
  MEMO_ASSIGN_OR_RETURN(ModelFolder read, ModelFolder::load(folder));
  MEMO_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer,
                        load_tokenizer(read.tokenizer, {read.transformer.lowercase}));
  MEMO_RETURN_IF_ERROR(check_ids(folder, *tokenizer, read.checkpoint.config));
  MEMO_ASSIGN_OR_RETURN(std::string prompt, read.sentence.prompts.text(std::nullopt));
  LoadedModel model;
  model.folder = folder;
  model.checkpoint = std::move(read.checkpoint);
  model.tokenizer = std::move(tokenizer);
  model.sentence = std::move(read.sentence);
  model.transformer = std::move(read.transformer);
  model.pools_prompt = read.pools_prompt;
  model.plain = read.plain;
  model.use_prompt(std::move(prompt));
  return model;
}

void LoadedModel::use_prompt(std::string text) {
  prompt_ = std::move(text);
  checkpoint.config.pooled_from = pooled_from(prompt_);
}

// Counts as the reference does: the tokens of the prompt alone, without a closing special token.
std::int64_t LoadedModel::pooled_from(std::string_view prompt) const {
  if (pools_prompt || prompt.empty()) return 0;
  const Tokens tokens = tokenizer->encode(prompt, static_cast<std::size_t>(checkpoint.config.max_positions));
  return static_cast<std::int64_t>(tokens.size()) - (tokenizer->is_special(tokens.back()) ? 1 : 0);
}

Result<std::uint32_t> LoadedModel::own_length() const {
  const std::int64_t longest = checkpoint.config.max_positions;
  const std::optional<std::int64_t> max_length = transformer.max_length;
  if (max_length && *max_length > longest)
    return Status(
        StatusCode::unsupported,
        fmt::format("{}: max_seq_length is {}, but the model has only {} positions; --length N chooses a "
                    "shorter one",
                    transformer.file, *max_length, longest));
  if (max_length) return static_cast<std::uint32_t>(*max_length);
  const bool unsaid = plain || checkpoint.config.task == Task::next_token;
  const std::size_t own = tokenizer->max_length().value_or(std::numeric_limits<std::size_t>::max());
  const auto most = static_cast<std::size_t>(unsaid ? std::min(kPlainLength, longest) : longest);
  if (own >= 2) return static_cast<std::uint32_t>(std::min(own, most));
  return Status(
      StatusCode::unsupported,
      fmt::format("{}: the tokenizer's model_max_length is {}, must be at least 2; --length N chooses another",
                  folder, own));
}

Result<std::uint32_t> LoadedModel::choose_length(std::uint32_t wanted) const {
  const std::int64_t longest = checkpoint.config.max_positions;
  if (wanted != 0 && (wanted < 2 || wanted > longest))
    return Status(StatusCode::invalid_argument,
                  fmt::format("--length is {}, this model takes 2 to {}", wanted, longest));
  Result<std::uint32_t> length = wanted != 0 ? Result<std::uint32_t>(wanted) : own_length();
  if (!length || checkpoint.config.pooled_from < *length) return length;
  return Status(StatusCode::invalid_argument,
                fmt::format("the prompt takes {} of {} tokens, which leaves none to pool",
                            checkpoint.config.pooled_from, *length));
}

Tokens LoadedModel::encode(std::string_view text, std::uint32_t length) const {
  return encode(text, EncodeOptions{.max_length = length});
}

Tokens LoadedModel::encode(std::string_view text, const EncodeOptions& options,
                           std::optional<std::string_view> own_prompt) const {
  const std::string_view before = own_prompt.value_or(prompt_);
  if (before.empty()) return tokenizer->encode(text, options);
  return tokenizer->encode(std::string(before).append(text), options);
}

PairEncoding LoadedModel::encode_pair(std::string_view first, std::string_view second,
                                      std::uint32_t length) const {
  return encode_pair(first, second, EncodeOptions{.max_length = length});
}

PairEncoding LoadedModel::encode_pair(std::string_view first, std::string_view second,
                                      const EncodeOptions& options,
                                      std::optional<std::string_view> own_prompt) const {
  const std::string_view before = own_prompt.value_or(prompt_);
  if (before.empty()) return tokenizer->encode_pair(first, second, options);
  return tokenizer->encode_pair(std::string(before).append(first), second, options);
}

std::string LoadedModel::assumption(std::uint32_t length) const {
  if (!plain) return {};
  const char* pooling =
      checkpoint.config.pooling == std::vector{Pooling::last} ? "last token" : "mean of the tokens";
  return fmt::format("{} has no modules.json: an embedding is the {}, scaled to length 1, of the first {} tokens",
                     folder, pooling, length);
}

}  // namespace memo
