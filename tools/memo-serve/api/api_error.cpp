#include "tools/memo-serve/api/api_error.h"

#include <nlohmann/json.hpp>

namespace memo {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct FaultForm {
  unsigned tei_status;
  const char* tei_type;
  unsigned openai_status;
  const char* openai_type;
};

FaultForm form_of(Fault fault) {
  switch (fault) {
    case Fault::validation:
      return {422, "Validation", 400, "invalid_request_error"};
    case Fault::empty:
      return {400, "Empty", 400, "invalid_request_error"};
    case Fault::too_long:
      return {413, "Validation", 413, "invalid_request_error"};
    case Fault::unauthorized:
      return {401, "Unauthorized", 401, "invalid_request_error"};
    case Fault::not_found:
      return {404, "NotFound", 404, "invalid_request_error"};
    case Fault::method:
      return {405, "Validation", 405, "invalid_request_error"};
    case Fault::media_type:
      return {415, "Validation", 415, "invalid_request_error"};
    case Fault::wrong_task:
      return {424, "Backend", 400, "invalid_request_error"};
    case Fault::overloaded:
      return {429, "Overloaded", 429, "rate_limit_error"};
    case Fault::late:
      return {503, "Overloaded", 503, "server_error"};
    case Fault::unavailable:
      return {503, "Unhealthy", 503, "server_error"};
    case Fault::internal:
      break;
  }
  return {500, "Backend", 500, "server_error"};
}

OrderedJson openai_code(Fault fault) {
  switch (fault) {
    case Fault::unauthorized:
      return "invalid_api_key";
    case Fault::not_found:
      return "model_not_found";
    case Fault::too_long:
      return "context_length_exceeded";
    case Fault::overloaded:
      return "rate_limit_exceeded";
    default:
      return nullptr;
  }
}

OrderedJson openai_body(const ApiError& error, const FaultForm& form) {
  const OrderedJson parameter = error.field.empty() ? OrderedJson(nullptr) : OrderedJson(error.field);
  return {{"error",
           {{"message", error.message},
            {"type", form.openai_type},
            {"param", parameter},
            {"code", openai_code(error.fault)}}}};
}

}  // namespace

ApiError error_of(const Status& status, std::uint32_t retry_after_s) {
  switch (status.code()) {
    case StatusCode::busy:
      return {Fault::overloaded, "the server is overloaded: " + status.message(), "", retry_after_s};
    case StatusCode::deadline_exceeded:
      return {Fault::late, status.message(), "", retry_after_s};
    case StatusCode::unavailable:
      return {Fault::unavailable, status.message(), "", 0};
    case StatusCode::invalid_argument:
      return {Fault::validation, status.message(), "", 0};
    default:
      return {Fault::internal, status.message(), "", 0};
  }
}

HttpResponse response_of(const ApiError& error, Dialect dialect) {
  const FaultForm form = form_of(error.fault);
  const bool openai = dialect == Dialect::openai;
  HttpResponse response;
  response.status = openai ? form.openai_status : form.tei_status;
  const OrderedJson body =
      openai ? openai_body(error, form) : OrderedJson{{"error", error.message}, {"error_type", form.tei_type}};
  response.body = body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (error.retry_after_s > 0) response.headers.emplace_back("retry-after", std::to_string(error.retry_after_s));
  if (error.fault == Fault::unauthorized) response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

}  // namespace memo
