// The routes that need a model's tokenizer alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tools/memo-serve/api/served_model.h"
#include "tools/memo-serve/api/text_request.h"

namespace memo {

struct TokenRoute {
  const char* path;
  std::optional<ApiError> (*read)(std::string_view body, const RequestLimits& limits, TextRequest& request);
  // -> the answer's body
  std::variant<std::string, ApiError> (*write)(const ServedModel& model, const TextRequest& request);
};

// POST /tokenize: [[{"id", "text", "special", "start", "stop"}, ...], ...]: the characters of the prompted text that a token
// stands for; null for one that stands for none.
extern const TokenRoute kTokenizeRoute;
// POST /decode: [string, ...]
extern const TokenRoute kDecodeRoute;

}  // namespace memo
