// Where the tokens of a text stand in it: the steps of a tokenizer once more, with a trace. Encoding does without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/tokenizer/decoding/token_texts.h"
#include "model/tokenizer/normalizing/normalizer.h"
#include "model/tokenizer/origins/traced_text.h"
#include "model/tokenizer/splitting/pre_tokenizer.h"
#include "model/tokenizer/subwords/added_tokens.h"
#include "model/tokenizer/subwords/special_tokens.h"
#include "model/tokenizer/subwords/subword_model.h"

namespace memo {

struct TracedToken {
  std::int32_t id = 0;
  std::optional<TextSpan> place;  // nothing where it cannot be told
  std::size_t spaces_before = 0;  // whitespace at the beginning of the token, in characters
  std::size_t spaces_behind = 0;
};

struct TracedSteps {
  const AddedTokens& raw_tokens;
  const Normalizer& normalizer;
  const AddedTokens& normalized_tokens;
  const PreTokenizer& pre_tokenizer;
  const SubwordModel& model;
  const TokenTexts& texts;
};

// Source: NormalizedString and PreTokenizedString of the `tokenizers` package, 0.19.
std::vector<TracedToken> trace_tokens(std::string_view text, const TracedSteps& steps);

// `frame_size`: special tokens that come before them.
void trim_places(const PlaceTrim& trim, std::size_t frame_size, std::vector<TracedToken>& tokens);

}  // namespace memo
