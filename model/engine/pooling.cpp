#include "model/engine/pooling.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "embed/tensor/functions.h"

namespace memo {
namespace {

constexpr float kMinCount = 1e-9f;  // the smallest count that the reference divides by

void copy_row(const SequenceStates& sequence, std::size_t row, float* out) {
  std::memcpy(out, sequence.states + row * sequence.hidden, sequence.hidden * sizeof(float));
}

void divide(float* out, std::size_t size, float by) {
  for (std::size_t d = 0; d < size; ++d) out[d] /= by;
}

// -> the sum of all rows that are pooled
void add_rows(const SequenceStates& sequence, const Kernels& kernels, float* out) {
  if (sequence.skipped >= sequence.length) {
    std::fill_n(out, sequence.hidden, 0.0f);
    return;
  }
  copy_row(sequence, sequence.skipped, out);
  for (std::size_t row = sequence.skipped + 1; row < sequence.length; ++row)
    kernels.add(sequence.states + row * sequence.hidden, out, sequence.hidden);
}

void pool_mean(const SequenceStates& sequence, const Kernels& kernels, bool sqrt_length, float* out) {
  add_rows(sequence, kernels, out);
  const auto rows = static_cast<float>(sequence.length - std::min(sequence.skipped, sequence.length));
  const float count = std::max(rows, kMinCount);
  divide(out, sequence.hidden, sqrt_length ? std::sqrt(count) : count);
}

void pool_weighted_mean(const SequenceStates& sequence, float* out) {
  std::fill_n(out, sequence.hidden, 0.0f);
  float weights = 0;
  for (std::size_t row = sequence.skipped; row < sequence.length; ++row) {
    const float* state = sequence.states + row * sequence.hidden;
    const auto weight = static_cast<float>(row + 1);
    for (std::size_t d = 0; d < sequence.hidden; ++d) out[d] += weight * state[d];
    weights += weight;
  }
  divide(out, sequence.hidden, std::max(weights, kMinCount));
}

void pool_max(const SequenceStates& sequence, float* out) {
  copy_row(sequence, std::min(sequence.skipped, sequence.length - 1), out);
  for (std::size_t row = sequence.skipped + 1; row < sequence.length; ++row) {
    const float* state = sequence.states + row * sequence.hidden;
    for (std::size_t d = 0; d < sequence.hidden; ++d) out[d] = std::max(out[d], state[d]);
  }
}

struct Apply {
  const Tensor& vectors;

  Tensor operator()(const DenseModule& module) const {
    Tensor made = linear_by_rows(vectors, module.linear.weight, module.linear.bias);
    apply(module.activation, made);
    return made;
  }
  Tensor operator()(const NormalizeModule&) const {
    for (std::int64_t i = 0; i < vectors.size(0); ++i) scale_to_length_one(vectors.row(i));
    return vectors;
  }
  Tensor operator()(const LayerNormModule& module) const {
    return layer_norm(vectors, module.norm.weight, module.norm.bias, module.epsilon);
  }
  Tensor operator()(const TruncateModule& module) const {
    const std::int64_t size = std::min(module.size, vectors.size(1));
    Tensor kept = Tensor::empty({vectors.size(0), size});
    for (std::int64_t i = 0; i < vectors.size(0); ++i)
      std::copy_n(vectors.row(i).data(), size, kept.row(i).data());
    return kept;
  }
};

}  // namespace

void pool(Pooling mode, const SequenceStates& sequence, const Kernels& kernels, float* out) {
  switch (mode) {
    case Pooling::cls:
      return copy_row(sequence, sequence.skipped < sequence.length ? sequence.skipped : 0, out);
    case Pooling::last:
      return copy_row(sequence, sequence.length - 1, out);
    case Pooling::max:
      return pool_max(sequence, out);
    case Pooling::mean:
      return pool_mean(sequence, kernels, false, out);
    case Pooling::mean_sqrt_length:
      return pool_mean(sequence, kernels, true, out);
    case Pooling::weighted_mean:
      return pool_weighted_mean(sequence, out);
  }
}

void scale_to_length_one(std::span<float> vector) {
  double square = 0;
  for (const float value : vector) square += double{value} * value;
  const double length = std::max(std::sqrt(square), 1e-12);
  for (float& value : vector) value = static_cast<float>(value / length);
}

Tensor apply_modules(std::span<const EmbeddingModule> modules, Tensor vectors) {
  for (const EmbeddingModule& module : modules) vectors = std::visit(Apply{vectors}, module);
  return vectors;
}

}  // namespace memo
