#include "embed/tensor/tensor.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "embed/tensor/aligned_bytes.h"

namespace memo {
namespace {

std::int64_t count_of(const Tensor::Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

float of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// Exact. Source: IEEE 754 binary16.
float of_f16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t exponent = bits >> 10 & 0x1f;
  const std::uint32_t fraction = bits & 0x3ff;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // zero, or below the normal numbers
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace

Tensor::Tensor(std::shared_ptr<std::byte> elements, Shape shape, ElementType type)
    : elements_(std::move(elements)), shape_(std::move(shape)), type_(type) {}

Tensor Tensor::empty(Shape shape, ElementType type) {
  const std::size_t bytes = static_cast<std::size_t>(count_of(shape)) * bytes_of(type);
  return {aligned_bytes(bytes), std::move(shape), type};
}

Tensor Tensor::zeros(Shape shape) {
  Tensor tensor = empty(std::move(shape));
  std::memset(tensor.data_ptr(), 0, tensor.nbytes());
  return tensor;
}

Tensor Tensor::of(Shape shape, std::span<const float> elements) {
  Tensor tensor = empty(std::move(shape));
  assert(elements.size() == static_cast<std::size_t>(tensor.numel()));
  std::copy(elements.begin(), elements.end(), tensor.data_ptr<float>());
  return tensor;
}

Tensor Tensor::borrow(float* elements, Shape shape) {
  const auto keep = [](std::byte*) {};
  return {std::shared_ptr<std::byte>(reinterpret_cast<std::byte*>(elements), keep), std::move(shape),
          ElementType::f32};
}

std::int64_t Tensor::numel() const {
  return defined() ? count_of(shape_) : 0;
}

std::span<float> Tensor::row(std::int64_t index) const {
  assert(dim() == 2 && index < size(0));
  const auto width = static_cast<std::size_t>(size(1));
  return {data_ptr<float>() + static_cast<std::size_t>(index) * width, width};
}

Tensor Tensor::narrow(std::int64_t first, std::int64_t count) const {
  assert(dim() > 0 && first >= 0 && count >= 0 && first + count <= size(0));
  const std::size_t bytes_each = size(0) == 0 ? 0 : nbytes() / static_cast<std::size_t>(size(0));
  Shape shape = shape_;
  shape.front() = count;
  return {std::shared_ptr<std::byte>(elements_, elements_.get() + static_cast<std::size_t>(first) * bytes_each),
          std::move(shape), type_};
}

Tensor Tensor::reshape(Shape shape) const {
  assert(count_of(shape) == numel());
  return {elements_, std::move(shape), type_};
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape_, type_);
  std::memcpy(copy.data_ptr(), data_ptr(), nbytes());
  return copy;
}

Tensor concatenate(std::span<const Tensor> parts) {
  Tensor::Shape shape = parts.front().sizes();
  shape.front() = 0;
  for (const Tensor& part : parts) {
    assert(part.type() == parts.front().type() && part.dim() == parts.front().dim() &&
           std::equal(shape.begin() + 1, shape.end(), part.sizes().begin() + 1));
    shape.front() += part.size(0);
  }
  Tensor whole = Tensor::empty(std::move(shape), parts.front().type());
  auto* target = static_cast<std::byte*>(whole.data_ptr());
  for (const Tensor& part : parts) {
    std::memcpy(target, part.data_ptr(), part.nbytes());
    target += part.nbytes();
  }
  return whole;
}

Tensor transpose(const Tensor& matrix) {
  assert(matrix.dim() == 2);
  const std::int64_t rows = matrix.size(0), columns = matrix.size(1);
  Tensor transposed = Tensor::empty({columns, rows});
  const float* from = matrix.data_ptr<float>();
  float* to = transposed.data_ptr<float>();
  // In squares, so that both sides stay in the cache.
  constexpr std::int64_t kSquare = 32;
  for (std::int64_t top = 0; top < rows; top += kSquare)
    for (std::int64_t left = 0; left < columns; left += kSquare)
      for (std::int64_t row = top; row < std::min(rows, top + kSquare); ++row)
        for (std::int64_t column = left; column < std::min(columns, left + kSquare); ++column)
          to[column * rows + row] = from[row * columns + column];
  return transposed;
}

Tensor to_f32(const Tensor& tensor) {
  if (tensor.type() == ElementType::f32) return tensor;
  assert(tensor.type() != ElementType::u8);
  Tensor converted = Tensor::empty(tensor.sizes());
  const auto* bits = tensor.data_ptr<std::uint16_t>();
  std::transform(bits, bits + tensor.numel(), converted.data_ptr<float>(),
                 tensor.type() == ElementType::f16 ? of_f16 : of_bf16);
  return converted;
}

}  // namespace memo
