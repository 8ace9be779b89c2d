// InferenceCall: a request for a model, from its body to its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/process/logger.h"
#include "tools/memo-serve/api/answers.h"
#include "tools/memo-serve/api/metrics.h"
#include "tools/memo-serve/api/served_model.h"
#include "tools/memo-serve/api/text_request.h"
#include "tools/memo-serve/http/http_exchange.h"

namespace memo {

struct ApiLimits {
  RequestLimits request;
  bool auto_truncate = true;  // cuts texts that are too long, where a request does not say
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // for texts that wait to be computed
};

// A route that runs a model: how its body is read, what the model must be able to do, and how the answer is written.
struct InferenceRoute {
  const char* path;
  Dialect dialect;
  std::optional<ApiError> (*read)(std::string_view body, const RequestLimits& limits, TextRequest& request);
  std::optional<ApiError> (ServedModel::*check)(const TextRequest& request) const;
  WriteAnswer write;
};

extern const InferenceRoute kEmbedRoute, kEmbedAllRoute, kPredictRoute, kRerankRoute, kSimilarityRoute,
    kOpenAiEmbeddingsRoute;

// What all calls share. Lifetime: longer than all calls.
class CallHost {
 public:
  virtual ~CallHost() = default;
  virtual const ApiLimits& limits() const = 0;
  // Counts the answer, and sends it. memo: empty where no model answered.
  virtual void respond(HttpExchange& exchange, const char* route, HttpResponse response, const std::string& memo,
                       const RequestTimes& times) = 0;
  virtual void log(const std::string& line) = 0;
};

class InferenceCall : public std::enable_shared_from_this<InferenceCall> {
 public:
  // Answers the exchange, now or later. request: as the route has read it. Threads: any.
  static void start(std::shared_ptr<HttpExchange> exchange, const InferenceRoute& route, const ServedModel& model,
                    TextRequest request, CallHost& host);

  InferenceCall(std::shared_ptr<HttpExchange> exchange, const InferenceRoute& route, const ServedModel& model,
                TextRequest request, CallHost& host);

 private:
  std::optional<ApiError> submit();
  std::optional<ApiError> tokenize();
  void finish(const Status& status);
  void write();
  void write_answer();
  void refuse(const ApiError& error);
  std::uint32_t retry_after_s() const;
  std::string memo() const;
  HttpHeaders headers(const RequestTimes& times) const;

  const std::shared_ptr<HttpExchange> exchange_;
  const InferenceRoute& route_;
  const ServedModel& model_;
  const TextRequest request_;
  CallHost& host_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::shared_ptr<ServiceJob> job_ = std::make_shared<ServiceJob>();
  RequestTimes times_;
};

}  // namespace memo
