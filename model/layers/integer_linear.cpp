#include "model/layers/integer_linear.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "embed/tensor/functions.h"
#include "model/layers/activation.h"
#include "model/layers/huge_pieces.h"

namespace memo {
namespace {

constexpr float kLargestWeight = 127;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

float largest_magnitude(const float* values, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
  return largest;
}

}  // namespace

IntegerLinear::IntegerLinear(const Kernels& kernels, const Tensor& weight, const Tensor& bias,
                             LinearOptions options)
    : Linear(weight.size(1), weight.size(0)),
      kernels_(kernels),
      options_(options),
      units_(round_up(static_cast<std::size_t>(in()), kernels.integers.per_unit) / kernels.integers.per_unit),
      outputs_(round_up(static_cast<std::size_t>(out()), kernels.integers.columns)),
      weights_(take_huge_piece(outputs_ * units_ * kernels.integers.per_unit)),
      scales_(outputs_),
      sums_(outputs_),
      biases_(outputs_) {
  assert(kernels.multiply_integers != nullptr && static_cast<std::size_t>(in()) <= kMaxIntegerDepth);
  for (std::size_t output = 0; output < static_cast<std::size_t>(out()); ++output)
    pack_output(output, weight.data_ptr<float>() + output * static_cast<std::size_t>(in()));
  if (bias.defined()) std::copy_n(bias.data_ptr<float>(), out(), biases_.begin());
}

void IntegerLinear::pack_output(std::size_t output, const float* weights) {
  const auto count = static_cast<std::size_t>(in());
  const IntegerFormat& format = kernels_.integers;
  const float largest = largest_magnitude(weights, count);
  scales_[output] = largest / kLargestWeight;
  const float multiplier = largest > 1e-30f ? kLargestWeight / largest : 0;
  std::byte* panel = weights_.get() + output / format.columns * format.columns * units_ * format.per_unit;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto level = static_cast<std::int8_t>(std::lrint(weights[i] * multiplier));
    sum += level;
    const std::size_t unit = i / format.per_unit * format.columns + output % format.columns;
    panel[unit * format.per_unit + i % format.per_unit] = static_cast<std::byte>(level);
  }
  sums_[output] = static_cast<float>(sum) * scales_[output];
}

void IntegerLinear::run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const {
  assert(rows > 0 && rows <= kMaxLinearRows);
  LevelRows levels;
  levels.x = static_cast<const float*>(x);
  levels.rows = rows;
  levels.width = static_cast<std::size_t>(in());
  levels.most = kernels_.integers.most_level(levels.width);
  levels.stride = round_up(levels.width * kernels_.integers.level_bytes, 64);
  levels.levels = worker.levels_.reserve(rows * (levels.stride + sizeof(LevelScale)));
  levels.scales = reinterpret_cast<LevelScale*>(levels.levels + rows * levels.stride);
  kernels_.make_levels(levels);

  IntegerProduct product;
  product.levels = levels.levels;
  product.stride = levels.stride;
  product.level_scales = levels.scales;
  product.rows = rows;
  product.units = units_;
  product.weights = weights_.get();
  product.scales = scales_.data();
  product.sums = sums_.data();
  product.biases = biases_.data();
  product.y = static_cast<float*>(y);
  product.out = static_cast<std::size_t>(out());
  product.add = options_.add;
  kernels_.multiply_integers(product);
  if (options_.activation)
    apply(function_of(*options_.activation), Tensor::borrow(product.y, {static_cast<std::int64_t>(rows), out()}));
}

}  // namespace memo
