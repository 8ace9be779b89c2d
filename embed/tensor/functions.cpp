#include "embed/tensor/functions.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <numbers>
#include "embed/tensor/room_for_code.h"

namespace memo {
namespace {

float gelu_erf(float x) {
  return 0.5f * x * (1 + std::erf(x * std::numbers::sqrt2_v<float> / 2));
}

float gelu_tanh(float x) {
  constexpr float kScale = 0.7978845608f;  // sqrt(2 / pi)
  return 0.5f * x * (1 + std::tanh(kScale * (x + 0.044715f * x * x * x)));
}

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

void normalize(std::span<const float> x, std::span<const float> weight, std::span<const float> bias,
               double epsilon, std::span<float> y) {
  double sum = 0, squares = 0;
  for (const float value : x) sum += value;
  const double mean = sum / static_cast<double>(x.size());
  for (const float value : x) squares += (value - mean) * (value - mean);
  const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + epsilon);
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = static_cast<float>((x[i] - mean) * scale * weight[i] + bias[i]);
}

// oneDNN takes other ways through a product for other numbers of rows, and sums in another order; so this is the number
// for all. For one row two take as long as one, and for many half as long.
constexpr std::int64_t kRowsTogether = 2;

// [rows, in] x [in, out] + bias -> y [rows, out]
void product(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  const std::int64_t rows = x.size(0), in = x.size(1), out = weight.size(0);
  if (bias.defined())
    for (std::int64_t row = 0; row < rows; ++row) std::copy_n(bias.data_ptr<float>(), out, y.row(row).data());
  static std::once_flag makes_code;  // for all products that follow
  std::call_once(makes_code, require_room_for_code);
  const float keep = bias.defined() ? 1 : 0;
  const dnnl_status_t status = dnnl_sgemm('N', 'T', rows, out, in, 1, x.data_ptr<float>(), in,
                                          weight.data_ptr<float>(), in, keep, y.data_ptr<float>(), out);
  if (status != dnnl_success) throw std::bad_alloc();  // the shapes are right, so nothing else is missing
}

template <typename Map>
void for_each(const Tensor& x, const Map& map) {
  std::transform(x.elements().begin(), x.elements().end(), x.elements().begin(), map);
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  assert(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1));
  Tensor y = Tensor::empty({x.size(0), weight.size(0)});
  if (x.size(0) > 0) product(x, weight, bias, y);
  return y;
}

Tensor linear_by_rows(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  assert(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1));
  Tensor y = Tensor::empty({x.size(0), weight.size(0)});
  const Tensor rows = Tensor::zeros({kRowsTogether, x.size(1)});
  const Tensor products = Tensor::empty({kRowsTogether, weight.size(0)});
  for (std::int64_t first = 0; first < x.size(0); first += kRowsTogether) {
    const std::int64_t count = std::min(kRowsTogether, x.size(0) - first);
    for (std::int64_t i = 0; i < count; ++i) std::ranges::copy(x.row(first + i), rows.row(i).begin());
    product(rows, weight, bias, products);
    for (std::int64_t i = 0; i < count; ++i) std::ranges::copy(products.row(i), y.row(first + i).begin());
  }
  return y;
}

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon) {
  Tensor y = Tensor::empty(x.sizes());
  for (std::int64_t row = 0; row < x.size(0); ++row)
    normalize(x.row(row), weight.elements(), bias.elements(), epsilon, y.row(row));
  return y;
}

void apply(Function function, const Tensor& x) {
  switch (function) {
    case Function::identity:
      return;
    case Function::gelu_erf:
      return for_each(x, gelu_erf);
    case Function::gelu_tanh:
      return for_each(x, gelu_tanh);
    case Function::relu:
      return for_each(x, [](float value) { return std::max(value, 0.0f); });
    case Function::tanh:
      return for_each(x, [](float value) { return std::tanh(value); });
    case Function::sigmoid:
      return for_each(x, sigmoid);
    case Function::silu:
      return for_each(x, [](float value) { return value * sigmoid(value); });
  }
}

}  // namespace memo
