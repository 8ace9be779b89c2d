#include "model/layers/feed_forward.h"

#include <algorithm>
#include <cstring>

namespace memo {
namespace {

// Rows of a chunk; its inner activations are [rows, intermediate]. Measured: 128 are best at hidden 384, more at 768.
constexpr std::size_t kNarrow = 512;
constexpr std::size_t kNarrowChunk = 128;
constexpr std::size_t kWideChunk = 256;

}  // namespace

Norm::Norm(const LayerNormWeights& weights, double epsilon, const Kernels& kernels)
    : weight_(weights.weight), bias_(weights.bias), epsilon_(static_cast<float>(epsilon)), kernels_(kernels) {}

void Norm::run(const float* x, float* normalized, void* inputs, DataType type, std::size_t rows) const {
  NormRows work;
  work.x = x;
  work.weight = weight_.data_ptr<float>();
  work.bias = bias_.data_ptr<float>();
  work.normalized = normalized;
  if (type == DataType::bf16) work.rounded = static_cast<Bf16*>(inputs);
  if (type == DataType::f32 && normalized == nullptr) work.normalized = static_cast<float*>(inputs);
  work.rows = rows;
  work.width = static_cast<std::size_t>(weight_.size(0));
  work.epsilon = epsilon_;
  kernels_.norm(work);
}

LayerTail::LayerTail(const dnnl::engine& engine, const ModelConfig& config, const LayerWeights& weights,
                     DataType type, const Kernels& kernels)
    : placement_(config.norm_placement),
      values_(values_of(type)),
      hidden_(static_cast<std::size_t>(config.hidden)),
      chunk_(hidden_ < kNarrow ? kNarrowChunk : kWideChunk),
      attention_output_(make_linear(engine, kernels, weights.attention_output.weight,
                                    weights.attention_output.bias, {type, DataType::f32, true, std::nullopt})),
      attention_norm_(weights.attention_norm, config.layer_norm_epsilon, kernels),
      activation_(FastActivation::make(config.activation, values_, kernels)),
      in_(make_linear(engine, kernels, weights.feed_forward_in.weight, weights.feed_forward_in.bias,
                      {type, values_, false, activation_ ? std::nullopt : std::optional(config.activation)})),
      out_(make_linear(engine, kernels, weights.feed_forward_out.weight, weights.feed_forward_out.bias,
                       {type, DataType::f32, true, std::nullopt})),
      feed_forward_norm_(weights.feed_forward_norm, config.layer_norm_epsilon, kernels) {}

std::size_t LayerTail::inner_bytes() const {
  return chunk_ * static_cast<std::size_t>(in_->out()) * bytes_of(values_);
}

void LayerTail::normalize_inputs(const ResidualRows& rows) const {
  if (placement_ == NormPlacement::before)
    attention_norm_.run(rows.states, nullptr, rows.inputs, values_, rows.rows);
}

void LayerTail::run(LinearWorker& worker, const void* context, const ResidualRows& rows, void* inner) const {
  const std::size_t row_bytes = hidden_ * bytes_of(values_);
  for (std::size_t first = 0; first < rows.rows; first += chunk_) {
    const ResidualRows chunk{rows.states + first * hidden_,
                             static_cast<std::byte*>(rows.inputs) + first * row_bytes,
                             std::min(chunk_, rows.rows - first)};
    add_context(worker, static_cast<const std::byte*>(context) + first * row_bytes, chunk);
    feed_forward(worker, chunk, inner);
    normalize_sum(chunk);
  }
}

void LayerTail::add_context(LinearWorker& worker, const void* context, const ResidualRows& rows) const {
  // [rows, hidden] x [hidden, hidden] -> [rows, hidden], added to the residual stream
  attention_output_->run(worker, context, rows.states, rows.rows);
}

void LayerTail::feed_forward(LinearWorker& worker, const ResidualRows& rows, void* inner) const {
  const bool after = placement_ == NormPlacement::after;
  const Norm& before_inner = after ? attention_norm_ : feed_forward_norm_;
  before_inner.run(rows.states, after ? rows.states : nullptr, rows.inputs, values_, rows.rows);
  // [rows, hidden] -> [rows, intermediate] -> [rows, hidden]
  in_->run(worker, rows.inputs, inner, rows.rows);
  if (activation_) activation_->run(inner, rows.rows * inner_columns());
  out_->run(worker, inner, rows.states, rows.rows);
}

void LayerTail::normalize_sum(const ResidualRows& rows) const {
  if (placement_ == NormPlacement::after)
    feed_forward_norm_.run(rows.states, rows.states, rows.inputs, values_, rows.rows);
}

}  // namespace memo
