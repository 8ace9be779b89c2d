#include "tools/memo-serve/api/inference_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

namespace memo {
namespace {

using Clock = std::chrono::steady_clock;

// Longer answers are written on another thread than the engine's.
constexpr std::size_t kShortAnswer = 8192;  // numbers

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string milliseconds(double seconds) {
  return fmt::format("{:.3f}", 1e3 * seconds);
}

std::size_t count_characters(const std::vector<std::string>& texts) {
  std::size_t count = 0;
  for (const std::string& text : texts)
    count += static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  return count;
}

}  // namespace

const InferenceRoute kEmbedRoute{"/embed", Dialect::tei, read_embed, &ServedModel::check_embedding,
                                 write_embeddings};
const InferenceRoute kEmbedAllRoute{"/embed_all", Dialect::tei, read_embed_all, &ServedModel::check_embedding,
                                    write_states};
const InferenceRoute kPredictRoute{"/predict", Dialect::tei, read_predict, &ServedModel::check_classification,
                                   write_predictions};
const InferenceRoute kRerankRoute{"/rerank", Dialect::tei, read_rerank, &ServedModel::check_ranking, write_ranks};
const InferenceRoute kSimilarityRoute{"/similarity", Dialect::tei, read_similarity, &ServedModel::check_embedding,
                                      write_similarities};
const InferenceRoute kOpenAiEmbeddingsRoute{"/v1/embeddings", Dialect::openai, read_openai_embeddings,
                                            &ServedModel::check_embedding, write_openai_embeddings};

void InferenceCall::start(std::shared_ptr<HttpExchange> exchange, const InferenceRoute& route,
                          const ServedModel& model, TextRequest request, CallHost& host) {
  const auto call = std::make_shared<InferenceCall>(std::move(exchange), route, model, std::move(request), host);
  if (const std::optional<ApiError> error = call->submit()) call->refuse(*error);
}

InferenceCall::InferenceCall(std::shared_ptr<HttpExchange> exchange, const InferenceRoute& route,
                             const ServedModel& model, TextRequest request, CallHost& host)
    : exchange_(std::move(exchange)), route_(route), model_(model), request_(std::move(request)), host_(host) {}

std::optional<ApiError> InferenceCall::submit() {
  if (auto error = (model_.*route_.check)(request_)) return error;
  if (auto error = tokenize()) return error;
  job_->part = model_.part_for(request_);
  job_->deadline = start_ + host_.limits().timeout;
  job_->done = [self = shared_from_this()](const auto&, const Status& status) { self->finish(status); };
  exchange_->on_gone([job = std::weak_ptr(job_)] {
    if (const auto alive = job.lock()) alive->abandoned = true;
  });
  model_.service->submit(job_);
  return std::nullopt;
}

std::optional<ApiError> InferenceCall::tokenize() {
  const bool truncate = request_.truncate.value_or(host_.limits().auto_truncate);
  std::optional<ApiError> error = model_.tokenize(request_, truncate, job_->inputs);
  times_.tokenize = seconds_since(start_);
  return error;
}

void InferenceCall::finish(const Status& status) {
  const auto self = shared_from_this();  // job_ held the last other reference
  job_->done = nullptr;
  if (!status) return refuse(error_of(status, retry_after_s()));
  std::size_t numbers = 0;
  for (const Tensor& row : job_->batch.rows) numbers += static_cast<std::size_t>(row.numel());
  if (numbers <= kShortAnswer) return write();
  exchange_->run_aside([self] { self->write(); });
}

// On a thread that no exception may leave.
void InferenceCall::write() {
  try {
    write_answer();
  } catch (const std::exception& error) {
    refuse({Fault::internal, error.what(), "", 0});
  }
}

void InferenceCall::write_answer() {
  std::optional<std::string> body = route_.write({model_, request_, *job_});
  if (!body) return refuse({Fault::internal, "a result is no finite number: the model's weights overflow", "", 0});
  times_.queue = job_->figures.queue_s;
  times_.inference = job_->figures.inference_s;
  times_.total = seconds_since(start_);
  HttpResponse response;
  response.body = std::move(*body);
  response.headers = headers(times_);
  host_.respond(*exchange_, route_.path, std::move(response), memo(), times_);
}

void InferenceCall::refuse(const ApiError& error) {
  HttpResponse response = response_of(error, route_.dialect);
  if (response.status >= 500) host_.log(fmt::format("{}: {}: {}", route_.path, response.status, error.message));
  host_.respond(*exchange_, route_.path, std::move(response), "", {});
}

// When what waits now is likely to be computed.
std::uint32_t InferenceCall::retry_after_s() const {
  const ServiceFigures figures = model_.service->figures();
  if (figures.tokens_per_s <= 0) return 1;
  const double seconds = std::ceil(static_cast<double>(figures.waiting_tokens) / figures.tokens_per_s);
  return static_cast<std::uint32_t>(std::clamp(seconds, 1.0, 60.0));
}

// What the answer was read from: stored results alone, stored maps, or neither.
std::string InferenceCall::memo() const {
  if (job_->figures.computed == 0) return "output";
  return job_->figures.read_maps ? "map" : "none";
}

HttpHeaders InferenceCall::headers(const RequestTimes& times) const {
  const JobFigures& figures = job_->figures;
  return {{"x-compute-type", "cpu"},
          {"x-compute-time", milliseconds(times.total)},
          {"x-compute-characters",
           std::to_string(count_characters(request_.texts) + count_characters(request_.pairs))},
          {"x-compute-tokens", std::to_string(figures.computed_tokens)},
          {"x-total-time", milliseconds(times.total)},
          {"x-tokenization-time", milliseconds(times.tokenize)},
          {"x-queue-time", milliseconds(times.queue)},
          {"x-inference-time", milliseconds(times.inference)},
          {"x-memo", memo()},
          {"x-memo-found", fmt::format("{}/{}", figures.found, figures.found + figures.computed)}};
}

}  // namespace memo
