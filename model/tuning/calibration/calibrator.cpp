#include "model/tuning/calibration/calibrator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "embed/training/torch_tensor.h"

namespace memo {

Calibrator::Calibrator(MemoPlan& plan, Engine& engine, Streams& streams, const CalibrationOptions& options,
                       const std::function<void(double)>& progress)
    : plan_(plan),
      engine_(engine),
      streams_(streams),
      options_(options),
      progress_(progress),
      config_(plan.checkpoint().config),
      source_(plan),
      checkpoint_(plan.checkpoint()) {}

Status Calibrator::run() {
  MEMO_RETURN_IF_ERROR(embed());
  for (std::size_t layer = 0; layer < checkpoint_.layers.size(); ++layer) MEMO_RETURN_IF_ERROR(run_layer(layer));
  return Status::ok();
}

Status Calibrator::embed() {
  for (CalibrationBatch& batch : streams_.batches()) {
    engine_.start(batch.texts);
    streams_.place(batch, engine_.layout().rows());
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::plain, engine_.rows()));
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::memoized, engine_.rows()));
  }
  return Status::ok();
}

Status Calibrator::run_layer(std::size_t layer) {
  MEMO_RETURN_IF_ERROR(run_plain(layer));
  MEMO_RETURN_IF_ERROR(refit_attention_output(layer));
  if (refits(layer) && options_.feed_forward_out) MEMO_RETURN_IF_ERROR(refit_feed_forward_out(layer));
  return advance(layer);
}

Status Calibrator::refit_attention_output(std::size_t layer) {
  FitEquations equations(config_.hidden, config_.hidden);
  MEMO_RETURN_IF_ERROR(attend(layer, equations));
  if (refits(layer) && options_.attention_output)
    refit(layer, "attention_output", checkpoint_.layers[layer].attention_output,
          choose_correction(equations, options_.ridges));
  return Status::ok();
}

Status Calibrator::refit_feed_forward_out(std::size_t layer) {
  FitEquations equations(config_.intermediate, config_.hidden);
  MEMO_RETURN_IF_ERROR(measure_feed_forward(layer, equations));
  refit(layer, "feed_forward_out", checkpoint_.layers[layer].feed_forward_out,
        choose_correction(equations, options_.ridges));
  return Status::ok();
}

bool Calibrator::refits(std::size_t layer) const {
  return options_.later_layers || plan_.has(layer, HeadMode::fixed) || plan_.has(layer, HeadMode::lookup);
}

void Calibrator::refit(std::size_t layer, const std::string& matrix, LinearWeights& weights,
                       const std::optional<Correction>& correction) {
  MatrixReport& report = reports_.emplace_back();
  report.layer = layer;
  report.matrix = matrix;
  if (!correction) return;
  report.refitted = true;
  report.ridge = correction->ridge;
  report.error_before = correction->error_before;
  report.error_after = correction->error_after;
  weights = corrected(weights, correction->fit);
  engine_.replace_layer(layer, checkpoint_.layers[layer]);
}

Status Calibrator::resume(const CalibrationBatch& batch, Kept stream) {
  MEMO_ASSIGN_OR_RETURN(const at::Tensor states, streams_.load(batch, stream));
  engine_.resume(batch.lengths, states.data_ptr<float>());
  context_.resize(states.nbytes());
  return Status::ok();
}

Status Calibrator::run_plain(std::size_t layer) {
  for (const CalibrationBatch& batch : streams_.batches()) {
    MEMO_RETURN_IF_ERROR(resume(batch, Kept::plain));
    engine_.attend(layer, nullptr, context_.data());
    engine_.add_context(layer, context_.data());
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::attention_sum, engine_.rows()));
    engine_.feed_forward(layer, nullptr);
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::layer_sum, engine_.rows()));
    engine_.end_layer(layer);
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::plain, engine_.rows()));
    count_batch();
  }
  return Status::ok();
}

Status Calibrator::attend(std::size_t layer, FitEquations& equations) {
  for (CalibrationBatch& batch : streams_.batches()) {
    MEMO_RETURN_IF_ERROR(resume(batch, Kept::memoized));
    source_.resume(batch.lineages, batch.lengths);
    engine_.attend(layer, &source_, context_.data());
    batch.lineages = source_.lineages();
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::context, context_.data()));
    engine_.add_context(layer, context_.data());
    if (refits(layer)) MEMO_RETURN_IF_ERROR(measure_attention(batch, equations));
    count_batch();
  }
  return Status::ok();
}

// The engine holds the memoized stream's sum.
Status Calibrator::measure_attention(const CalibrationBatch& batch, FitEquations& equations) {
  MEMO_ASSIGN_OR_RETURN(const at::Tensor sums, streams_.load(batch, Kept::attention_sum));
  const at::Tensor wanted = tokens_of(sums);
  const at::Tensor context = tokens_of(as_f32(context_, config_.hidden));
  part_of(equations, batch).add(context, wanted - tokens_of(engine_rows()), weights_of(wanted), for_each());
  return Status::ok();
}

Status Calibrator::resume_behind_attention(std::size_t layer, const CalibrationBatch& batch) {
  MEMO_RETURN_IF_ERROR(resume(batch, Kept::memoized));
  MEMO_RETURN_IF_ERROR(streams_.load(batch, Kept::context, context_.data()));
  engine_.add_context(layer, context_.data());
  return Status::ok();
}

Status Calibrator::measure_feed_forward(std::size_t layer, FitEquations& equations) {
  for (const CalibrationBatch& batch : streams_.batches()) {
    MEMO_RETURN_IF_ERROR(resume_behind_attention(layer, batch));
    inner_.resize(batch.rows * static_cast<std::size_t>(config_.intermediate) * sizeof(float));
    engine_.feed_forward(layer, inner_.data());
    MEMO_ASSIGN_OR_RETURN(const at::Tensor wanted, streams_.load(batch, Kept::layer_sum));
    const at::Tensor inner = as_f32(inner_, config_.intermediate);
    const at::Tensor error = wanted - engine_rows();
    part_of(equations, batch).add(tokens_of(inner), tokens_of(error), weights_of(tokens_of(wanted)), for_each());
    count_batch();
  }
  return Status::ok();
}

Status Calibrator::advance(std::size_t layer) {
  for (const CalibrationBatch& batch : streams_.batches()) {
    MEMO_RETURN_IF_ERROR(resume_behind_attention(layer, batch));
    engine_.feed_forward(layer, nullptr);
    engine_.end_layer(layer);
    MEMO_RETURN_IF_ERROR(streams_.keep(batch, Kept::memoized, engine_.rows()));
    count_batch();
  }
  return Status::ok();
}

Result<double> Calibrator::cosine() {
  double sum = 0;
  double texts = 0;
  for (const CalibrationBatch& batch : streams_.batches()) {
    if (!batch.held_out) continue;
    at::Tensor embeddings[2];
    for (const Kept stream : {Kept::plain, Kept::memoized}) {
      MEMO_RETURN_IF_ERROR(resume(batch, stream));
      engine_.end();
      embeddings[stream == Kept::memoized] = to_torch(engine_.embeddings());
    }
    sum += at::cosine_similarity(embeddings[0], embeddings[1], 1).sum().item<double>();
    texts += static_cast<double>(batch.texts.size());
  }
  return sum / texts;
}

at::Tensor Calibrator::engine_rows() const {
  const auto rows = static_cast<std::int64_t>(engine_.layout().rows());
  return at::from_blob(const_cast<float*>(engine_.rows()), {rows, config_.hidden}, at::kFloat);
}

at::Tensor Calibrator::tokens_of(const at::Tensor& rows) const {
  std::vector<at::Tensor> blocks;
  for (const Block& block : engine_.layout().blocks())
    blocks.push_back(
        rows.narrow(0, static_cast<std::int64_t>(block.first_row), static_cast<std::int64_t>(block.rows)));
  return at::cat(blocks);
}

at::Tensor Calibrator::as_f32(const std::vector<std::byte>& rows, std::int64_t columns) const {
  const auto count = static_cast<std::int64_t>(engine_.layout().rows());
  const at::ScalarType type = values_of(engine_.type()) == DataType::f32 ? at::kFloat : at::kBFloat16;
  return at::from_blob(const_cast<std::byte*>(rows.data()), {count, columns}, type).to(at::kFloat);
}

// One over the variance that a normalization divides by. Shapes: sums [rows, hidden] -> [rows]
at::Tensor Calibrator::weights_of(const at::Tensor& sums) const {
  return (at::var(sums, at::IntArrayRef{1}, false) + config_.layer_norm_epsilon).reciprocal();
}

ForEach Calibrator::for_each() {
  return
      [this](std::size_t count, const std::function<void(std::size_t)>& work) { engine_.for_each(count, work); };
}

// How many times a layer takes all batches.
std::size_t Calibrator::passes_of(std::size_t layer) const {
  constexpr std::size_t kAlways = 3;  // plain, attention, advance
  if (!refits(layer)) return kAlways;
  return kAlways + options_.feed_forward_out;
}

void Calibrator::count_batch() {
  ++batches_done_;
  std::size_t passes = 0;
  for (std::size_t layer = 0; layer < checkpoint_.layers.size(); ++layer) passes += passes_of(layer);
  const auto all = static_cast<double>(passes * streams_.batches().size());
  if (progress_) progress_(static_cast<double>(batches_done_) / all);
}

}  // namespace memo
