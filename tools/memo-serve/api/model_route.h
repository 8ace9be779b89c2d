// ModelRoute: a route of a model that computes no results.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tools/memo-serve/api/served_model.h"
#include "tools/memo-serve/api/text_request.h"

namespace memo {

struct ModelRoute {
  const char* path;
  std::optional<ApiError> (*read)(std::string_view body, const RequestLimits& limits, TextRequest& request);
  // Requires: request.truncate is set. -> the answer's body. Threads: any.
  std::variant<std::string, ApiError> (*write)(const ServedModel& model, const TextRequest& request);
  bool takes_long = false;  // than a millisecond
};

// POST /tokenize: [[{"id", "text", "special", "start", "stop"}, ...], ...]: the characters of the prompted text that a token
// stands for; null for one that stands for none.
extern const ModelRoute kTokenizeRoute;
// POST /decode: [string, ...]
extern const ModelRoute kDecodeRoute;
// POST /near_maps: the stored maps that are near a text's own, layer by layer; as pictures in one of the layers.
// [{"layer", "max_distance", "heads", "length", "pictures", "near": [{"key", "distance", "length", "pictures"}, ...]}, ...];
// pictures: a PNG for each head, as a data: URL.
extern const ModelRoute kNearMapsRoute;

}  // namespace memo
