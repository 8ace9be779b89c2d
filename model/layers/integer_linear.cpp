#include "model/layers/integer_linear.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "embed/tensor/functions.h"
#include "model/layers/activation.h"
#include "model/layers/huge_pieces.h"

namespace memo {
namespace {

constexpr double kLargestSum = 0x7fffffff;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

// With s16, levels and weights share the bits of a sum. Measured on rows and weights of normal distribution, the
// errors of both are alike with so many levels.
std::uint32_t largest_level(const IntegerFormat& format, std::size_t depth) {
  if (format.weight_bytes == 1) return format.largest_level;
  return std::min(format.largest_level,
                  static_cast<std::uint32_t>(175'000 / std::sqrt(static_cast<double>(depth))));
}

}  // namespace

IntegerLinear::IntegerLinear(const Kernels& kernels, const Tensor& weight, const Tensor& bias,
                             LinearOptions options)
    : Linear(weight.size(1), weight.size(0)),
      options_(options),
      kernels_(options.type == DataType::s8 ? kernels.s8 : kernels.s16),
      largest_level_(largest_level(kernels_.format, static_cast<std::size_t>(in()))),
      units_(round_up(static_cast<std::size_t>(in()), kernels_.format.per_unit) / kernels_.format.per_unit),
      outputs_(round_up(static_cast<std::size_t>(out()), kernels_.format.columns)),
      weights_(take_huge_piece(outputs_ * units_ * kernels_.format.per_unit * kernels_.format.weight_bytes)),
      scales_(outputs_),
      sums_(outputs_),
      biases_(outputs_) {
  assert(kernels_.multiply != nullptr && in() <= kMaxIntegerDepth);
  for (std::size_t output = 0; output < static_cast<std::size_t>(out()); ++output)
    pack_output(output, weight.data_ptr<float>() + output * static_cast<std::size_t>(in()));
  if (bias.defined()) std::copy_n(bias.data_ptr<float>(), out(), biases_.begin());
}

// The smallest with which neither a weight nor a sum of products is too large. A sum is largest where all positive
// weights, or all negative ones, meet the largest level; rounding adds up to a half to each weight.
float IntegerLinear::scale_of(const float* weights) const {
  double largest = 0, positive = 0, negative = 0;
  for (std::int64_t i = 0; i < in(); ++i) {
    largest = std::max(largest, std::abs(double{weights[i]}));
    (weights[i] > 0 ? positive : negative) += std::abs(double{weights[i]});
  }
  const double of_weights = largest / kernels_.format.largest_weight;
  const double of_sums =
      std::max(positive, negative) / (kLargestSum / largest_level_ - 0.5 * static_cast<double>(in()));
  return static_cast<float>(1.000001 * std::max(of_weights, of_sums));
}

void IntegerLinear::pack_output(std::size_t output, const float* weights) {
  const float scale = scale_of(weights);
  // Smaller ones would divide to infinity; such an output is its bias.
  const float multiplier = scale > 1e-35f ? 1 / scale : 0;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(in()); ++i) {
    const auto weight = static_cast<std::int32_t>(std::lrint(weights[i] * multiplier));
    sum += weight;
    store(output, i, weight);
  }
  scales_[output] = scale;
  sums_[output] = static_cast<float>(static_cast<double>(sum) * scale);
}

void IntegerLinear::store(std::size_t output, std::size_t input, std::int32_t weight) {
  const IntegerFormat& format = kernels_.format;
  const std::size_t panel = output / format.columns * format.columns * units_;
  const std::size_t unit = panel + input / format.per_unit * format.columns + output % format.columns;
  const std::size_t place = unit * format.per_unit + input % format.per_unit;
  if (format.weight_bytes == 1) {
    reinterpret_cast<std::int8_t*>(weights_.get())[place] = static_cast<std::int8_t>(weight);
  } else {
    reinterpret_cast<std::int16_t*>(weights_.get())[place] = static_cast<std::int16_t>(weight);
  }
}

void IntegerLinear::run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const {
  assert(rows > 0 && rows <= kMaxLinearRows);
  LevelRows levels;
  levels.x = static_cast<const float*>(x);
  levels.rows = rows;
  levels.width = static_cast<std::size_t>(in());
  levels.largest = largest_level_;
  levels.stride = round_up(levels.width * kernels_.format.level_bytes, 64);
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
  kernels_.multiply(product);
  if (options_.activation)
    apply(function_of(*options_.activation), Tensor::borrow(product.y, {static_cast<std::int64_t>(rows), out()}));
}

}  // namespace memo
