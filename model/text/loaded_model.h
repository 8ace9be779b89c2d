// LoadedModel: a model's folder with its tokenizer: what becomes of a text before the engine, and what is read of
// the engine's results after it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"
#include "model/folder/sentence_file.h"
#include "model/folder/transformer_file.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

using Tokens = std::vector<std::int32_t>;

// Threads: any, once loaded and after use_prompt(). Calls of many threads may each name a prompt of their own.
struct LoadedModel {
  std::string folder;
  Checkpoint checkpoint;
  std::unique_ptr<Tokenizer> tokenizer;
  SentenceSettings sentence;
  TransformerSettings transformer;
  bool pools_prompt = true;  // false: pooling leaves out the tokens of the prompt
  bool plain = false;        // an embedding that no file but config.json describes: see ModelFolder

  // Errors: as ModelFolder::load and load_tokenizer; corrupt (the tokenizer has ids that the model has not).
  static Result<LoadedModel> load(const std::string& folder);

  // The longest input to use: `wanted`, or the model's own where that is 0. That is max_seq_length where the
  // folder has it, else the least of what tokenizer and model take; of a plain transformer that embeds or
  // predicts, at most 128.
  // Errors: invalid_argument (wanted is beyond what the model takes, or leaves nothing to pool behind the prompt),
  //         unsupported (max_seq_length is beyond what the model takes).
  Result<std::uint32_t> choose_length(std::uint32_t wanted) const;

  // Puts a text before every input from now on; the default prompt is in use after load().
  void use_prompt(std::string text);
  const std::string& prompt() const { return prompt_; }

  // How many tokens at the beginning of an input with this prompt pooling leaves out; 0 where pools_prompt.
  // The engine leaves out checkpoint.config.pooled_from, which is that of prompt(): inputs whose prompt takes
  // another number must not be given to it.
  std::int64_t pooled_from(std::string_view prompt) const;

  // The prompt and a text, cut to `length` tokens.
  Tokens encode(std::string_view text, std::uint32_t length) const;
  // The same with a prompt of this call's own; nothing: prompt().
  Tokens encode(std::string_view text, const EncodeOptions& options,
                std::optional<std::string_view> own_prompt = {}) const;
  // Two texts as one input; the prompt comes before the first. Requires: tokenizer->takes_pairs().
  PairEncoding encode_pair(std::string_view first, std::string_view second, std::uint32_t length) const;
  PairEncoding encode_pair(std::string_view first, std::string_view second, const EncodeOptions& options,
                           std::optional<std::string_view> own_prompt = {}) const;

  // What is done although no file of the folder asks for it; empty: nothing is.
  std::string assumption(std::uint32_t length) const;

 private:
  Result<std::uint32_t> own_length() const;

  std::string prompt_;
};

}  // namespace memo
