#include "tools/memo-serve/api/api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace memo {
namespace {

constexpr std::string_view kModelsPath = "/models/";
constexpr std::string_view kModelEntryPath = "/v1/models/";

// Takes as long for a wrong key as for the right one.
bool equal_keys(std::string_view given, std::string_view key) {
  unsigned char difference = given.size() == key.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference = static_cast<unsigned char>(difference | (given[i] ^ key[i % key.size()]));
  return difference == 0;
}

}  // namespace

// Results are computed, or something else of a model is answered, or a document is shown.
struct Api::Route {
  std::string_view method;
  const char* path;
  const InferenceRoute* inference = nullptr;
  const ModelRoute* other = nullptr;
  HttpResponse (Api::*show)(const ServedModel*) const = nullptr;  // none of the three: the model's own task
  bool is_public = false;                                         // needs no key
};

struct Api::Target {
  std::string_view path;               // below the model's
  const ServedModel* model = nullptr;  // that the path names
};

std::span<const Api::Route> Api::routes() {
  static const Route kRoutes[] = {
      {"POST", "/embed", &kEmbedRoute},
      {"POST", "/embed_all", &kEmbedAllRoute},
      {"POST", "/predict", &kPredictRoute},
      {"POST", "/rerank", &kRerankRoute},
      {"POST", "/similarity", &kSimilarityRoute},
      {"POST", "/tokenize", nullptr, &kTokenizeRoute},
      {"POST", "/decode", nullptr, &kDecodeRoute},
      {"POST", "/near_maps", nullptr, &kNearMapsRoute},
      {"POST", "/v1/embeddings", &kOpenAiEmbeddingsRoute},
      {"POST", "/embeddings", &kOpenAiEmbeddingsRoute},
      {"POST", "/"},
      {"GET", "/", nullptr, nullptr, &Api::page, true},
      {"GET", "/docs", nullptr, nullptr, &Api::docs, true},
      {"GET", "/openapi.json", nullptr, nullptr, &Api::openapi, true},
      {"GET", "/api-doc/openapi.json", nullptr, nullptr, &Api::openapi, true},
      {"GET", "/health", nullptr, nullptr, &Api::health, true},
      {"GET", "/ping", nullptr, nullptr, &Api::health, true},
      {"GET", "/metrics", nullptr, nullptr, &Api::metrics, true},
      {"GET", "/info", nullptr, nullptr, &Api::info},
      {"GET", "/stats", nullptr, nullptr, &Api::stats},
      {"GET", "/v1/models", nullptr, nullptr, &Api::model_list},
      {"GET", kModelEntryPath.data(), nullptr, nullptr, &Api::model_entry},
  };
  return kRoutes;
}

Api::Api(std::vector<ServedModel> models, ApiOptions options, std::function<HttpFigures()> figures, Logger log)
    : models_(std::move(models)),
      options_(std::move(options)),
      figures_(std::move(figures)),
      log_(std::move(log)) {}

// The one seam where exceptions of a request end: no memory, or a library's.
void Api::handle(const std::shared_ptr<HttpExchange>& exchange) {
  try {
    dispatch(exchange);
  } catch (const std::exception& error) {
    refuse(exchange, "", {Fault::internal, error.what(), "", 0}, Dialect::tei);
  }
}

Api::Target Api::resolve(std::string_view path) const {
  if (path.starts_with(kModelEntryPath)) {
    const auto found = std::ranges::find(models_, path.substr(kModelEntryPath.size()), &ServedModel::name);
    return found == models_.end() ? Target{path} : Target{kModelEntryPath, &*found};
  }
  if (!path.starts_with(kModelsPath)) return {path};
  const std::string_view rest = path.substr(kModelsPath.size());
  for (const ServedModel& model : models_) {
    if (rest == model.name) return {"/", &model};
    if (rest.starts_with(model.name) && rest[model.name.size()] == '/')
      return {rest.substr(model.name.size()), &model};
  }
  return {path};
}

void Api::dispatch(const std::shared_ptr<HttpExchange>& exchange) {
  const HttpRequest& request = exchange->request();
  const Target target = resolve(request.path);
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  const Dialect dialect = target.path.starts_with("/v1/") ? Dialect::openai : Dialect::tei;
  bool known_path = false;
  for (const Route& route : routes()) {
    if (route.path != target.path) continue;
    known_path = true;
    if (route.method == method) return call(exchange, route, target.model);
  }
  if (known_path && method == "OPTIONS" && !options_.cors_origins.empty())
    return respond(*exchange, "", preflight(request), "", {});
  if (known_path)
    return refuse(exchange, "",
                  {Fault::method, fmt::format("{} is not possible for {}", request.method, target.path), "", 0},
                  dialect);
  std::vector<std::string_view> paths;
  for (const Route& route : routes()) paths.emplace_back(route.path);
  refuse(
      exchange, "",
      {Fault::not_found, fmt::format("there is no {}; there are {}", request.path, fmt::join(paths, ", ")), "", 0},
      dialect);
}

void Api::call(const std::shared_ptr<HttpExchange>& exchange, const Route& route, const ServedModel* named) {
  const InferenceRoute* inference = route.inference;
  if (inference == nullptr && route.other == nullptr && route.show == nullptr)
    inference = &own_route(named == nullptr ? models_.front() : *named, exchange->request().body);
  const Dialect dialect = inference == nullptr ? Dialect::tei : inference->dialect;
  if (const auto error = check(exchange->request(), route)) return refuse(exchange, route.path, *error, dialect);
  if (inference != nullptr) return infer(exchange, *inference, named);
  if (route.other != nullptr) return ask(exchange, *route.other, named);
  respond(*exchange, route.path, (this->*route.show)(named), "", {});
}

std::optional<ApiError> Api::check(const HttpRequest& request, const Route& route) const {
  if (!route.is_public && !has_key(request))
    return ApiError{Fault::unauthorized, "this server wants \"Authorization: Bearer KEY\" with its key", "", 0};
  const std::string_view type = request.header("content-type").value_or("");
  if (route.method == "POST" && !type.empty() && type.find("json") == std::string_view::npos)
    return ApiError{Fault::media_type, fmt::format("the content-type is {}, must be application/json", type), "",
                    0};
  return std::nullopt;
}

bool Api::has_key(const HttpRequest& request) const {
  if (options_.key.empty()) return true;
  static constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.header("authorization").value_or("");
  return given.starts_with(kScheme) && equal_keys(given.substr(kScheme.size()), options_.key);
}

void Api::infer(const std::shared_ptr<HttpExchange>& exchange, const InferenceRoute& route,
                const ServedModel* named) {
  TextRequest request;
  if (const auto error = route.read(exchange->request().body, options_.limits.request, request))
    return refuse(exchange, route.path, *error, route.dialect);
  const ServedModel* model = choose(route.check, request, named);
  if (model == nullptr)
    return refuse(exchange, route.path, unknown_model(request.model.value_or("")), route.dialect);
  InferenceCall::start(exchange, route, *model, std::move(request), *this);
}

void Api::ask(const std::shared_ptr<HttpExchange>& exchange, const ModelRoute& route, const ServedModel* named) {
  TextRequest request;
  if (const auto error = route.read(exchange->request().body, options_.limits.request, request))
    return refuse(exchange, route.path, *error, Dialect::tei);
  const ServedModel* model = choose(nullptr, request, named);
  if (model == nullptr)
    return refuse(exchange, route.path, unknown_model(request.model.value_or("")), Dialect::tei);
  if (!request.truncate) request.truncate = options_.limits.auto_truncate;
  if (!route.takes_long) return answer(exchange, route, *model, request);
  exchange->run_aside([this, exchange, &route, model, request = std::move(request)] {
    try {
      answer(exchange, route, *model, request);
    } catch (const std::exception& error) {
      refuse(exchange, route.path, {Fault::internal, error.what(), "", 0}, Dialect::tei);
    }
  });
}

void Api::answer(const std::shared_ptr<HttpExchange>& exchange, const ModelRoute& route, const ServedModel& model,
                 const TextRequest& request) {
  auto written = route.write(model, request);
  if (const auto* error = std::get_if<ApiError>(&written))
    return refuse(exchange, route.path, *error, Dialect::tei);
  HttpResponse response;
  response.body = std::get<std::string>(std::move(written));
  respond(*exchange, route.path, std::move(response), "", {});
}

const ServedModel* Api::choose(Check check, const TextRequest& request, const ServedModel* named) const {
  if (request.model) {
    const auto found = std::ranges::find(models_, *request.model, &ServedModel::name);
    const ServedModel* model = found == models_.end() ? nullptr : &*found;
    return named != nullptr && named != model ? nullptr : model;
  }
  if (named != nullptr) return named;
  for (const ServedModel& model : models_)
    if (check != nullptr && !(model.*check)(request)) return &model;
  return &models_.front();
}

const InferenceRoute& Api::own_route(const ServedModel& model, const std::string& body) const {
  if (model.embeds()) return asks_for_similarity(body, options_.limits.request) ? kSimilarityRoute : kEmbedRoute;
  return model.ranks() ? kRerankRoute : kPredictRoute;
}

ApiError Api::unknown_model(const std::string& name) const {
  std::vector<std::string_view> names;
  for (const ServedModel& model : models_) names.push_back(model.name);
  return {Fault::not_found,
          fmt::format("the model `{}` is not served here; served are {} (memo-serve --model NAME=DIR names one)",
                      name, fmt::join(names, ", ")),
          "model", 0};
}

void Api::respond(HttpExchange& exchange, const char* route, HttpResponse response, const std::string& memo,
                  const RequestTimes& times) {
  metrics_.add(route, response.status, memo, times);
  for (auto& header : cors(exchange.request())) response.headers.push_back(std::move(header));
  exchange.respond(std::move(response));
}

void Api::refuse(const std::shared_ptr<HttpExchange>& exchange, const char* route, const ApiError& error,
                 Dialect dialect) {
  respond(*exchange, route, response_of(error, dialect), "", {});
}

HttpHeaders Api::cors(const HttpRequest& request) const {
  const std::string origin(request.header("origin").value_or(""));
  const auto allows = [&](const std::string& allowed) { return allowed == "*" || allowed == origin; };
  if (origin.empty() || std::ranges::none_of(options_.cors_origins, allows)) return {};
  return {{"access-control-allow-origin", origin}, {"vary", "origin"}};
}

HttpResponse Api::preflight(const HttpRequest& request) const {
  HttpResponse response;
  response.status = 204;
  if (cors(request).empty()) return response;
  response.headers = {{"access-control-allow-methods", "GET, POST"},
                      {"access-control-allow-headers", "authorization, content-type"},
                      {"access-control-max-age", "3600"}};
  return response;
}

}  // namespace memo
