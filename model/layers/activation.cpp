#include "model/layers/activation.h"

#include <cassert>
#include <cmath>
#include <iterator>
#include <numbers>
#include <vector>

namespace memo {
namespace {

constexpr double kEnd = 5.6;  // from here on both forms are x within 1e-7

// gelu(x) = x/2 + |x| f(|x|)
double half_of(Activation activation, double x) {
  if (activation == Activation::gelu_erf) return 0.5 * std::erf(x / std::numbers::sqrt2);
  const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * std::tanh(inner);
}

// The polynomial through the Chebyshev nodes of a segment, by Newton's divided differences.
std::vector<double> interpolate(Activation activation, std::uint32_t segment, TableSize size) {
  const double width = kEnd / size.segments;
  const std::size_t count = size.coefficients;
  std::vector<double> nodes(count), differences(count);
  for (std::size_t k = 0; k < count; ++k) {
    const double angle = static_cast<double>(2 * k + 1) * std::numbers::pi / static_cast<double>(2 * count);
    nodes[k] = 0.5 * std::cos(angle);
    differences[k] = half_of(activation, (segment + 0.5 + nodes[k]) * width);
  }
  for (std::size_t order = 1; order < count; ++order)
    for (std::size_t i = count - 1; i >= order; --i)
      differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
  // Horner's scheme over (t - node), multiplied out.
  std::vector<double> powers(count);
  for (std::size_t i = count; i-- > 0;) {
    for (std::size_t k = count - 1; k > 0; --k) powers[k] = powers[k - 1] - nodes[i] * powers[k];
    powers[0] = differences[i] - nodes[i] * powers[0];
  }
  return powers;
}

// What the kernels compute for all x behind the last segment.
float end_of(const ActivationTable& table, TableSize size) {
  const std::uint32_t last = size.segments - 1;
  const float t = static_cast<float>(size.segments) - kBelowEnd - (static_cast<float>(last) + 0.5f);
  float f = table.coefficients[size.coefficients - 1][last];
  for (std::size_t i = size.coefficients - 1; i-- > 0;) f = std::fma(f, t, table.coefficients[i][last]);
  return f;
}

}  // namespace

Function function_of(Activation activation) {
  switch (activation) {
    case Activation::gelu_erf:
      return Function::gelu_erf;
    case Activation::gelu_tanh:
      return Function::gelu_tanh;
    case Activation::relu:
      return Function::relu;
    case Activation::tanh:
      return Function::tanh;
  }
  return Function::identity;
}

std::optional<FastActivation> FastActivation::make(Activation activation, DataType type, const Kernels& kernels) {
  const bool has_table = activation == Activation::gelu_erf || activation == Activation::gelu_tanh;
  const bool has_kernel =
      type == DataType::f32 ? kernels.activate_f32 != nullptr : kernels.activate_bf16 != nullptr;
  if (!has_table || !has_kernel) return std::nullopt;
  return FastActivation(activation, type, kernels);
}

FastActivation::FastActivation(Activation activation, DataType type, const Kernels& kernels)
    : type_(type), kernels_(kernels), table_() {
  const TableSize size = kernels.table;
  assert(size.segments <= std::size(table_.coefficients[0]) &&
         size.coefficients <= std::size(table_.coefficients));
  table_.inverse_width = static_cast<float>(size.segments / kEnd);
  for (std::uint32_t segment = 0; segment < size.segments; ++segment) {
    const std::vector<double> powers = interpolate(activation, segment, size);
    for (std::size_t i = 0; i < size.coefficients; ++i)
      table_.coefficients[i][segment] = static_cast<float>(powers[i]);
  }
  // The end is multiplied by any |x|, so that it has to be 1/2, to the last bit.
  for (int i = 0; i < 8 && end_of(table_, size) != 0.5f; ++i)
    table_.coefficients[0][size.segments - 1] += 0.5f - end_of(table_, size);
}

void FastActivation::run(void* x, std::size_t count) const {
  if (type_ == DataType::f32) return kernels_.activate_f32(table_, static_cast<float*>(x), count);
  kernels_.activate_bf16(table_, static_cast<Bf16*>(x), count);
}

}  // namespace memo
