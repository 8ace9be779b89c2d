// The value projections of fixed heads: what a fixed map makes of a layer's input is linear in them.
#include <ATen/ATen.h>

#include "model/calibration/calibrator.h"
#include "model/memo/map_codec.h"

namespace memo {
namespace {

// [heads, length, length]
at::Tensor decoded(const FixedMap& map, MapShape shape) {
  at::Tensor decoded = at::empty({shape.heads, shape.length, shape.length});
  decode_map(map.payload, shape, {decoded.data_ptr<float>(), static_cast<std::size_t>(decoded.numel())});
  return decoded;
}

// As the engine crops maps. Shapes: map [bucket, bucket] -> [length, length]
at::Tensor cropped(const at::Tensor& map, std::int64_t length, bool causal) {
  const at::Tensor part = map.narrow(0, 0, length).narrow(1, 0, length);
  if (causal || length == map.size(0)) return part;
  return part / at::clamp_min(part.sum(1, true), 1e-30);
}

}  // namespace

std::vector<std::int64_t> Calibrator::fixed_heads(std::size_t layer) const {
  std::vector<std::int64_t> heads;
  const std::span<const HeadMode> modes = plan_.modes(layer);
  for (std::size_t head = 0; head < modes.size(); ++head)
    if (modes[head] == HeadMode::fixed) heads.push_back(static_cast<std::int64_t>(head));
  return heads;
}

// What the layer's product reads. Shapes: states, -> [rows, hidden]
at::Tensor Calibrator::layer_inputs(std::size_t layer, const at::Tensor& states) const {
  const LayerNormWeights& norm = checkpoint_.layers[layer].attention_norm;
  if (config_.norm_placement == NormPlacement::after) return states;
  return at::layer_norm(states, {config_.hidden}, norm.weight, norm.bias, config_.layer_norm_epsilon);
}

// inputs [rows, hidden] -> [tokens, hidden]: each sequence's rows averaged as its rows of the map say.
at::Tensor Calibrator::mixed(const CalibrationBatch& batch, const at::Tensor& inputs,
                             const at::Tensor& map) const {
  const at::Tensor rows = at::zeros_like(inputs);
  for (std::size_t i = 0; i < batch.lengths.size(); ++i) {
    const auto first = static_cast<std::int64_t>(engine_.layout().sequence(i).first_row);
    const std::int64_t length = batch.lengths[i];
    rows.narrow(0, first, length)
        .copy_(at::mm(cropped(map, length, config_.causal), inputs.narrow(0, first, length)));
  }
  return tokens_of(rows);
}

Status Calibrator::measure_values(std::size_t layer, const std::vector<std::int64_t>& heads,
                                  std::vector<FitEquations>& equations) {
  const at::Tensor maps = decoded(plan_.fixed_map(layer), plan_.fixed_map_shape());
  const std::int64_t head_dim = config_.head_dim();
  for (const CalibrationBatch& batch : streams_.batches()) {
    MEMO_RETURN_IF_ERROR(resume(batch, Kept::memoized));
    MEMO_RETURN_IF_ERROR(streams_.load(batch, Kept::context, context_.data()));
    const at::Tensor wanted = tokens_of(as_f32(context_, config_.hidden));
    const at::Tensor inputs = layer_inputs(layer, engine_rows().clone());
    source_.resume(batch.lineages, batch.lengths);
    engine_.attend(layer, &source_, context_.data());
    const at::Tensor error = wanted - tokens_of(as_f32(context_, config_.hidden));
    const at::Tensor weight = at::ones({error.size(0)});
    for (std::size_t i = 0; i < heads.size(); ++i)
      part_of(equations[i], batch)
          .add(mixed(batch, inputs, maps[heads[i]]), error.narrow(1, heads[i] * head_dim, head_dim), weight,
               for_each());
    count_batch();
  }
  return Status::ok();
}

Status Calibrator::refit_values(std::size_t layer) {
  const std::vector<std::int64_t> heads = fixed_heads(layer);
  const std::int64_t head_dim = config_.head_dim();
  std::vector<FitEquations> equations;
  for (std::size_t i = 0; i < heads.size(); ++i) equations.emplace_back(config_.hidden, head_dim);
  MEMO_RETURN_IF_ERROR(measure_values(layer, heads, equations));
  LinearWeights& qkv = checkpoint_.layers[layer].qkv;
  LinearFit fit{at::zeros({qkv.weight.size(1), qkv.weight.size(0)}, at::kDouble),
                at::zeros({qkv.weight.size(0)}, at::kDouble)};
  MatrixReport report{layer, "qkv", false, 0, 0, 0};
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const std::optional<Correction> correction = choose_correction(equations[i], options_.ridges);
    if (!correction) continue;
    const std::int64_t first = 2 * config_.hidden + heads[i] * head_dim;
    fit.weight.narrow(1, first, head_dim).copy_(correction->fit.weight);
    fit.bias.narrow(0, first, head_dim).copy_(correction->fit.bias);
    report.refitted = true;
    report.ridge = correction->ridge;
    report.error_before += correction->error_before / static_cast<double>(heads.size());
    report.error_after += correction->error_after / static_cast<double>(heads.size());
  }
  reports_.push_back(report);
  if (!report.refitted) return Status::ok();
  qkv = corrected(qkv, fit);
  engine_.replace_layer(layer, checkpoint_.layers[layer]);
  return Status::ok();
}

}  // namespace memo
