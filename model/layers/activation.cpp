#include "model/layers/activation.h"

#include <array>
#include <cmath>
#include <numbers>

namespace memo {
namespace {

constexpr int kSegments = 16;
constexpr int kCoefficients = 5;
constexpr double kEnd = 5.6;  // from here on both forms are x within 1e-7

// gelu(x) = x/2 + |x| f(|x|)
double half_of(Activation activation, double x) {
  if (activation == Activation::gelu_erf) return 0.5 * std::erf(x / std::numbers::sqrt2);
  const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * std::tanh(inner);
}

// The polynomial through the Chebyshev nodes of a segment, by Newton's divided differences.
std::array<double, kCoefficients> interpolate(Activation activation, int segment) {
  constexpr double kWidth = kEnd / kSegments;
  std::array<double, kCoefficients> nodes{};
  std::array<double, kCoefficients> differences{};
  for (int i = 0; i < kCoefficients; ++i) {
    const auto k = static_cast<std::size_t>(i);
    nodes[k] = 0.5 * std::cos((2 * i + 1) * std::numbers::pi / (2 * kCoefficients));
    differences[k] = half_of(activation, (segment + 0.5 + nodes[k]) * kWidth);
  }
  for (std::size_t order = 1; order < kCoefficients; ++order)
    for (std::size_t i = kCoefficients - 1; i >= order; --i)
      differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
  // Horner's scheme over (t - node), multiplied out.
  std::array<double, kCoefficients> powers{};
  for (std::size_t i = kCoefficients; i-- > 0;) {
    for (std::size_t k = kCoefficients - 1; k > 0; --k) powers[k] = powers[k - 1] - nodes[i] * powers[k];
    powers[0] = differences[i] - nodes[i] * powers[0];
  }
  return powers;
}

}  // namespace

std::optional<FastActivation> FastActivation::make(Activation activation, DataType type, const Kernels& kernels) {
  const bool has_table = activation == Activation::gelu_erf || activation == Activation::gelu_tanh;
  const bool has_kernel =
      type == DataType::f32 ? kernels.activate_f32 != nullptr : kernels.activate_bf16 != nullptr;
  if (!has_table || !has_kernel) return std::nullopt;
  return FastActivation(activation, type, kernels);
}

FastActivation::FastActivation(Activation activation, DataType type, const Kernels& kernels)
    : type_(type), kernels_(kernels), table_() {
  table_.inverse_width = static_cast<float>(kSegments / kEnd);
  for (int segment = 0; segment < kSegments; ++segment) {
    const std::array<double, kCoefficients> powers = interpolate(activation, segment);
    for (std::size_t i = 0; i < kCoefficients; ++i)
      table_.coefficients[i][segment] = static_cast<float>(powers[i]);
  }
}

void FastActivation::run(void* x, std::size_t count) const {
  if (type_ == DataType::f32) return kernels_.activate_f32(table_, static_cast<float*>(x), count);
  kernels_.activate_bf16(table_, static_cast<Bf16*>(x), count);
}

}  // namespace memo
