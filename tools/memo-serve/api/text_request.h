// TextRequest: what a client asks of a model, read from the JSON bodies of all routes that run one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/text_model/text_model.h"
#include "tools/memo-serve/api/api_error.h"

namespace memo {

struct TextRequest {
  std::vector<std::string> texts;  // /rerank: the query is the first text of every pair
  std::vector<std::string> pairs;  // the second text of each; empty: there are no pairs
  std::vector<bool> paired;        // [texts] which of them have one; empty: all or none
  bool single = false;             // one text that is not in a list
  std::optional<std::string> model;
  std::optional<std::string> prompt_name;
  std::optional<bool> truncate;
  std::optional<std::size_t> dimensions;
  std::optional<TruncationSide> side;
  bool normalize = true;
  bool states = false;  // of /embed_all: every token's, and not one embedding a text
  bool raw_scores = false;
  bool return_text = false;
  bool base64 = false;
  bool add_special_tokens = true;

  // Of /near_maps.
  std::optional<std::size_t> layer;       // whose maps are drawn; nothing: the first that looks up
  std::optional<std::size_t> neighbours;  // of each layer

  // Of /decode instead of texts.
  std::vector<std::vector<std::int32_t>> ids;
  bool skip_special_tokens = true;

  // Lifetime: refers to this.
  std::vector<TextInput> inputs() const;
};

struct RequestLimits {
  std::size_t max_inputs = 32768;
  std::size_t max_depth = 8;
};

// Reads a body. What a field means is what the route's own clients mean by it; a field that is not known is refused.
// Source: the interfaces of Text Embeddings Inference and of OpenAI's /v1/embeddings.
// -> nothing: `request` is filled.
std::optional<ApiError> read_embed(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_embed_all(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_predict(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_rerank(std::string_view body, const RequestLimits& limits, TextRequest& request);
// The source sentence is the first text.
std::optional<ApiError> read_similarity(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_tokenize(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_decode(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_near_maps(std::string_view body, const RequestLimits& limits, TextRequest& request);
std::optional<ApiError> read_openai_embeddings(std::string_view body, const RequestLimits& limits,
                                               TextRequest& request);
// Whether a body of POST / is one of /similarity.
bool asks_for_similarity(std::string_view body, const RequestLimits& limits);

}  // namespace memo
