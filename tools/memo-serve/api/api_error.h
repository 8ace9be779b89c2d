// ApiError: why a request is not answered, in the forms that clients of both interfaces read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memo/status.h"
#include "tools/memo-serve/http/http_message.h"

namespace memo {

enum class Fault : std::uint8_t {
  validation,    // 422; OpenAI 400
  empty,         // 400
  too_long,      // 413: a text, or the request
  unauthorized,  // 401
  not_found,     // 404
  method,        // 405
  media_type,    // 415
  wrong_task,    // 424: the model does something else; OpenAI 400
  overloaded,    // 429
  late,          // 503: waited too long
  unavailable,   // 503: the server is ending
  internal,      // 500
};

struct ApiError {
  Fault fault = Fault::validation;
  std::string message;
  std::string field = {};           // of the request; empty: none in particular
  std::uint32_t retry_after_s = 0;  // overloaded, late: when to try again
};

// The error that a service's status is. retry_after_s: for the codes that say so.
ApiError error_of(const Status& status, std::uint32_t retry_after_s);

enum class Dialect : std::uint8_t { tei, openai };

// {"error": message, "error_type": type} with the status of Text Embeddings Inference; or
// {"error": {"message", "type", "param", "code"}} with OpenAI's.
HttpResponse response_of(const ApiError& error, Dialect dialect);

}  // namespace memo
