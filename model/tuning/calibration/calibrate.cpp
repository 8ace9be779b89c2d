#include "model/tuning/calibration/calibrate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "embed/training/torch_tensor.h"
#include "model/tuning/calibration/calibrator.h"

namespace memo {
namespace {

constexpr std::size_t kShare = 10;  // one batch in kShare is held out

Status check_plan(const MemoPlan& plan) {
  if (plan.checkpoint().calibrated_from)
    return {StatusCode::invalid_argument, "this model is calibrated already; calibrate the original one"};
  for (std::size_t i = 0; i < plan.policy().layers.size(); ++i)
    if (plan.has(i, HeadMode::lookup) && plan.layer(i).publish)
      return {StatusCode::invalid_argument,
              fmt::format("the policy publishes at layer {}; calibrate with publish = false", i)};
  return Status::ok();
}

Status check_text(const std::vector<std::int32_t>& text, std::size_t index, const MemoPlan& plan) {
  if (text.empty() || text.size() > plan.policy().length)
    return {StatusCode::invalid_argument,
            fmt::format("text {} has {} tokens, must have 1 to {}", index, text.size(), plan.policy().length)};
  const auto [least, most] = std::minmax_element(text.begin(), text.end());
  const std::int64_t vocabulary = plan.checkpoint().config.vocabulary;
  if (*least >= 0 && *most < vocabulary) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("text {} has token {}, the model's are 0 to {}", index,
                                                    *least < 0 ? *least : *most, vocabulary - 1)};
}

Status check_texts(std::span<const std::vector<std::int32_t>> texts, const MemoPlan& plan) {
  if (texts.size() < kMinCalibrationTexts)
    return {StatusCode::invalid_argument, fmt::format("{} texts are too few to calibrate on, give at least {}",
                                                      texts.size(), kMinCalibrationTexts)};
  for (std::size_t i = 0; i < texts.size(); ++i) MEMO_RETURN_IF_ERROR(check_text(texts[i], i, plan));
  return Status::ok();
}

// Mean cosine of memoized and plain embeddings over the texts held out, with the engine's weights as they are.
double uncalibrated_cosine(MemoPlan& plan, Engine& engine, Streams& streams, std::uint64_t& held_out) {
  MemoizedAttention source(plan);
  double sum = 0;
  for (const CalibrationBatch& batch : streams.batches()) {
    if (!batch.held_out) continue;
    engine.forward(batch.texts, nullptr);
    const at::Tensor plain = to_torch(engine.embeddings());
    engine.forward(batch.texts, &source);
    sum += at::cosine_similarity(plain, to_torch(engine.embeddings()), 1).sum().item<double>();
    held_out += batch.texts.size();
  }
  return sum / static_cast<double>(held_out);
}

Result<CalibratedModel> run(MemoPlan& plan, Engine& engine, Streams& streams, const CalibrationOptions& options,
                            const std::function<void(double)>& progress) {
  CalibrationReport report;
  report.cosine_before = uncalibrated_cosine(plan, engine, streams, report.held_out);
  Calibrator calibrator(plan, engine, streams, options, progress);
  MEMO_RETURN_IF_ERROR(calibrator.run());
  MEMO_ASSIGN_OR_RETURN(report.cosine_after, calibrator.cosine());
  report.matrices = calibrator.reports();
  for (const CalibrationBatch& batch : streams.batches()) report.texts += batch.texts.size();
  return CalibratedModel{Calibration::between(plan.checkpoint(), calibrator.checkpoint(), plan.policy().length),
                         std::move(report)};
}

}  // namespace

Status CalibrationOptions::validate() const {
  if (threads < 1 || threads > 1024)
    return {StatusCode::invalid_argument, fmt::format("threads is {}, must be 1 to 1024", threads)};
  if (batch < 1 || batch > 4096)
    return {StatusCode::invalid_argument, fmt::format("batch is {}, must be 1 to 4096", batch)};
  if (ridges.empty()) return {StatusCode::invalid_argument, "ridges is empty"};
  for (const double ridge : ridges)
    if (!(ridge >= 1e-12 && ridge <= 1e12))
      return {StatusCode::invalid_argument, fmt::format("a ridge is {}, must be 1e-12 to 1e12", ridge)};
  return Status::ok();
}

Result<CalibratedModel> calibrate(MemoPlan& plan, std::span<const std::vector<std::int32_t>> texts,
                                  const CalibrationOptions& options,
                                  const std::function<void(double fraction)>& progress) {
  MEMO_RETURN_IF_ERROR(options.validate());
  MEMO_RETURN_IF_ERROR(check_plan(plan));
  MEMO_RETURN_IF_ERROR(check_texts(texts, plan));
  MEMO_ASSIGN_OR_RETURN(SpillFile file, SpillFile::create(options.spill_folder));
  const std::size_t batch = std::clamp<std::size_t>(texts.size() / kShare, 1, options.batch);
  Streams streams(std::move(file), texts, batch, kShare,
                  static_cast<std::size_t>(plan.checkpoint().config.hidden));
  try {
    MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                          Engine::make(plan.checkpoint(), {plan.type(), options.threads}));
    return run(plan, *engine, streams, options, progress);
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("calibration: {}", error.what()));
  }
}

}  // namespace memo
