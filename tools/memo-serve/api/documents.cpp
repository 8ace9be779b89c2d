// What the server shows without running a model.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>
#include <utility>

#include "client/version.h"
#include "tools/memo-serve/api/api.h"
#include "tools/memo-serve/page/page.h"

namespace memo {
namespace {

using OrderedJson = nlohmann::ordered_json;

HttpResponse json_response(const OrderedJson& json) {
  HttpResponse response;
  response.body = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return response;
}

HttpResponse text_response(const char* type, std::string text) {
  HttpResponse response;
  response.content_type = type;
  response.body = std::move(text);
  return response;
}

// Nothing comes from elsewhere, and no other page may show it in a frame.
HttpResponse html_response(std::string_view html) {
  HttpResponse response = text_response("text/html; charset=utf-8", std::string(html));
  response.headers = {
      {"content-security-policy",
       "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
       "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
      {"x-content-type-options", "nosniff"},
      {"referrer-policy", "no-referrer"}};
  return response;
}

const char* name_of_pooling(Pooling pooling) {
  switch (pooling) {
    case Pooling::cls:
      return "cls";
    case Pooling::max:
      return "max";
    case Pooling::mean:
      return "mean";
    case Pooling::mean_sqrt_length:
      return "mean_sqrt_len";
    case Pooling::weighted_mean:
      return "weightedmean";
    case Pooling::last:
      return "last_token";
  }
  return "";
}

// As PyTorch calls it.
const char* dtype_name(DataType type) {
  switch (type) {
    case DataType::f32:
      return "float32";
    case DataType::bf16:
      return "bfloat16";
    case DataType::s8:
      return "int8";
    case DataType::s16:
      return "int16";
  }
  return "";
}

OrderedJson labels_json(const ModelConfig& config) {
  OrderedJson id2label = OrderedJson::object();
  OrderedJson label2id = OrderedJson::object();
  for (std::size_t i = 0; i < config.labels.size(); ++i) {
    id2label[std::to_string(i)] = config.labels[i];
    label2id[config.labels[i]] = i;
  }
  return {{"id2label", id2label}, {"label2id", label2id}};
}

OrderedJson type_json(const ServedModel& model) {
  if (model.embeds()) {
    std::string pooling;
    for (const Pooling mode : model.config().pooling)
      pooling += (pooling.empty() ? "" : "+") + std::string(name_of_pooling(mode));
    return {{"embedding", {{"pooling", pooling}}}};
  }
  return {{model.ranks() ? "reranker" : "classifier", labels_json(model.config())}};
}

OrderedJson entry_json(const ServedModel& model) {
  return {{"id", model.name}, {"object", "model"}, {"created", 0}, {"owned_by", "memod"}};
}

OrderedJson outputs_json(const OutputCounters& outputs) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [name, count] : kOutputCounters) json[name] = outputs.*count;
  return json;
}

}  // namespace

HttpResponse Api::page(const ServedModel*) const {
  return html_response(kPageHtml);
}

HttpResponse Api::docs(const ServedModel*) const {
  return html_response(kDocsHtml);
}

HttpResponse Api::openapi(const ServedModel*) const {
  HttpResponse response;
  response.body = kOpenApiJson;
  return response;
}

HttpResponse Api::health(const ServedModel*) const {
  return json_response({{"status", "ok"}});
}

HttpResponse Api::info(const ServedModel* named) const {
  const ServedModel& model = named == nullptr ? models_.front() : *named;
  const Checkpoint& checkpoint = model.service->loaded().checkpoint;
  OrderedJson names = OrderedJson::array();
  for (const ServedModel& one : models_) names.push_back(one.name);
  OrderedJson prompts = OrderedJson::object();
  for (const auto& [name, text] : model.service->loaded().sentence.prompts.by_name) prompts[name] = text;
  return json_response({{"model_id", model.name},
                        {"model_sha", checkpoint.fingerprint.hex()},
                        {"model_dtype", dtype_name(model.service->type())},
                        {"served_model_name", model.name},
                        {"model_type", type_json(model)},
                        {"embedding_size", model.service->shape().embedding},
                        {"prompts", prompts},
                        {"max_concurrent_requests", nullptr},
                        {"max_input_length", model.service->length()},
                        {"max_batch_tokens", options_.queue.batch_tokens},
                        {"max_batch_requests", nullptr},
                        {"max_client_batch_size", options_.limits.request.max_inputs},
                        {"auto_truncate", options_.limits.auto_truncate},
                        {"tokenization_workers", 1},
                        {"version", kVersion},
                        {"sha", nullptr},
                        {"docker_label", nullptr},
                        {"memo", options_.store},
                        {"map_layers", model.service->map_layers()},
                        {"models", names}});
}

// For the page's charts.
HttpResponse Api::stats(const ServedModel*) const {
  OrderedJson models = OrderedJson::array();
  for (const ServedModel& model : models_) {
    const ServiceFigures figures = model.service->figures();
    models.push_back({{"name", model.name},
                      {"outputs", outputs_json(figures.outputs)},
                      {"batches", figures.batches},
                      {"computed_tokens", figures.batch_tokens},
                      {"tokens_per_s", figures.tokens_per_s},
                      {"waiting_tokens", figures.waiting_tokens},
                      {"waiting_requests", figures.waiting_jobs}});
  }
  OrderedJson requests = OrderedJson::object();
  for (const char* memo : {"output", "map", "none"}) {
    const DurationHistogram durations = metrics_.durations(memo);
    requests[memo] = {{"count", durations.count()},
                      {"sum_s", durations.sum()},
                      {"p50_s", durations.quantile(0.5)},
                      {"p99_s", durations.quantile(0.99)}};
  }
  const HttpFigures http = figures_();
  return json_response({{"models", models},
                        {"requests", requests},
                        {"connections", {{"open", http.open}, {"accepted", http.accepted}}},
                        {"memo", options_.store}});
}

HttpResponse Api::metrics(const ServedModel*) const {
  std::string text = metrics_.text();
  const auto add = [&text](const char* type, const std::string& name, const std::string& labels, double value) {
    if (text.find("# TYPE " + name + " ") == std::string::npos) text += fmt::format("# TYPE {} {}\n", name, type);
    text += fmt::format("{}{} {}\n", name, labels.empty() ? "" : "{" + labels + "}", value);
  };
  const HttpFigures http = figures_();
  add("gauge", "memo_serve_connections", "", static_cast<double>(http.open));
  add("counter", "memo_serve_connections_accepted_total", "", static_cast<double>(http.accepted));
  add("counter", "memo_serve_connections_refused_total", "", static_cast<double>(http.refused));
  add("counter", "memo_serve_connections_timed_out_total", "", static_cast<double>(http.timed_out));
  add("counter", "memo_serve_malformed_total", "", static_cast<double>(http.malformed));
  for (const ServedModel& model : models_) {
    const ServiceFigures figures = model.service->figures();
    const std::string label = fmt::format("model={}", OrderedJson(model.name).dump());
    add("counter", "memo_serve_batches_total", label, static_cast<double>(figures.batches));
    add("counter", "memo_serve_computed_tokens_total", label, static_cast<double>(figures.batch_tokens));
    add("gauge", "memo_serve_waiting_tokens", label, static_cast<double>(figures.waiting_tokens));
    add("gauge", "memo_serve_waiting_requests", label, static_cast<double>(figures.waiting_jobs));
    for (const auto& [name, count] : kOutputCounters)
      add("counter", "memo_serve_outputs_total", label + fmt::format(",event=\"{}\"", name),
          static_cast<double>(figures.outputs.*count));
  }
  return text_response("text/plain; version=0.0.4", std::move(text));
}

HttpResponse Api::model_list(const ServedModel*) const {
  OrderedJson list = OrderedJson::array();
  for (const ServedModel& model : models_) list.push_back(entry_json(model));
  return json_response({{"object", "list"}, {"data", list}});
}

HttpResponse Api::model_entry(const ServedModel* model) const {
  if (model == nullptr) return response_of(unknown_model(""), Dialect::openai);
  return json_response(entry_json(*model));
}

}  // namespace memo
