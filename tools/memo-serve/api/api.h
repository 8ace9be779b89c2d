// Api: the server's routes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/process/logger.h"
#include "tools/memo-serve/api/inference_call.h"
#include "tools/memo-serve/api/metrics.h"
#include "tools/memo-serve/api/model_route.h"
#include "tools/memo-serve/api/served_model.h"
#include "tools/memo-serve/http/http_exchange.h"
#include "tools/memo-serve/http/http_server.h"

namespace memo {

struct ApiOptions {
  ApiLimits limits;
  std::string key;                        // clients send "Authorization: Bearer KEY"; empty: nobody has to
  std::vector<std::string> cors_origins;  // pages from these may ask; "*": all; empty: none
  std::string store;                      // for people: where memos are kept
  QueueLimits queue;                      // of every model, for /info
};

// Threads: any.
class Api : private CallHost {
 public:
  // Requires: there is a model. Lifetime: figures is called as long as this lives.
  Api(std::vector<ServedModel> models, ApiOptions options, std::function<HttpFigures()> figures, Logger log);

  // Answers, now or later. Does not throw.
  void handle(const std::shared_ptr<HttpExchange>& exchange);

  std::span<const ServedModel> models() const { return models_; }
  std::span<ServedModel> models() { return models_; }

 private:
  struct Route;
  struct Target;
  static std::span<const Route> routes();

  Target resolve(std::string_view path) const;
  void dispatch(const std::shared_ptr<HttpExchange>& exchange);
  void call(const std::shared_ptr<HttpExchange>& exchange, const Route& route, const ServedModel* named);
  void infer(const std::shared_ptr<HttpExchange>& exchange, const InferenceRoute& route, const ServedModel* named);
  void ask(const std::shared_ptr<HttpExchange>& exchange, const ModelRoute& route, const ServedModel* named);
  void answer(const std::shared_ptr<HttpExchange>& exchange, const ModelRoute& route, const ServedModel& model,
              const TextRequest& request);
  const ApiLimits& limits() const override { return options_.limits; }
  void respond(HttpExchange& exchange, const char* route, HttpResponse response, const std::string& memo,
               const RequestTimes& times) override;
  void log(const std::string& line) override { log_(line); }
  void refuse(const std::shared_ptr<HttpExchange>& exchange, const char* route, const ApiError& error,
              Dialect dialect);

  std::optional<ApiError> check(const HttpRequest& request, const Route& route) const;
  bool has_key(const HttpRequest& request) const;
  // The model of that name; without one, the one of the path, or the first that passes the check. Null: there is none of
  // that name. check: null: all do.
  using Check = std::optional<ApiError> (ServedModel::*)(const TextRequest&) const;
  const ServedModel* choose(Check check, const TextRequest& request, const ServedModel* named) const;
  const InferenceRoute& own_route(const ServedModel& model, const std::string& body) const;
  ApiError unknown_model(const std::string& name) const;
  HttpHeaders cors(const HttpRequest& request) const;
  HttpResponse preflight(const HttpRequest& request) const;

  HttpResponse page(const ServedModel* model) const;
  HttpResponse docs(const ServedModel* model) const;
  HttpResponse openapi(const ServedModel* model) const;
  HttpResponse health(const ServedModel* model) const;
  HttpResponse info(const ServedModel* model) const;
  HttpResponse stats(const ServedModel* model) const;
  HttpResponse metrics(const ServedModel* model) const;
  HttpResponse model_list(const ServedModel* model) const;
  HttpResponse model_entry(const ServedModel* model) const;

  std::vector<ServedModel> models_;
  const ApiOptions options_;
  const std::function<HttpFigures()> figures_;
  const Logger log_;
  ServerMetrics metrics_;
};

}  // namespace memo
