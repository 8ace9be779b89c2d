// Tensor: numbers and their shape. It holds weights, maps and results; the code that computes with them is
// elsewhere (functions.h, model/layers, model/kernels). Methods are named as in PyTorch.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace memo {

enum class ElementType : std::uint8_t { f32, f16, bf16, u8 };
constexpr std::size_t bytes_of(ElementType type) {
  return type == ElementType::f32 ? 4 : type == ElementType::u8 ? 1 : 2;
}

// Shapes: row-major, without gaps. A tensor without a shape is a single number; an undefined one holds nothing.
// Copies share their elements, as views of some rows do.
// Threads: any for reading.
class Tensor {
 public:
  using Shape = std::vector<std::int64_t>;

  Tensor() = default;
  // Elements are not set. Memory begins at a multiple of 64 bytes. Errors: throws std::bad_alloc.
  static Tensor empty(Shape shape, ElementType type = ElementType::f32);
  static Tensor zeros(Shape shape);                                // f32
  static Tensor of(Shape shape, std::span<const float> elements);  // f32. Requires: as many as the shape says
  // A tensor over the caller's memory. Lifetime: the memory outlives all copies and views.
  static Tensor borrow(float* elements, Shape shape);

  bool defined() const { return elements_ != nullptr; }
  const Shape& sizes() const { return shape_; }
  std::int64_t dim() const { return static_cast<std::int64_t>(shape_.size()); }
  std::int64_t size(std::int64_t axis) const {
    assert(axis >= 0 && axis < dim());
    return shape_[static_cast<std::size_t>(axis)];
  }
  std::int64_t numel() const;
  ElementType type() const { return type_; }
  std::size_t nbytes() const { return static_cast<std::size_t>(numel()) * bytes_of(type_); }

  // The elements of a const tensor can be changed: its copies share them.
  void* data_ptr() const { return elements_.get(); }
  template <typename Element>
  Element* data_ptr() const {
    static_assert(std::is_same_v<Element, float> || std::is_same_v<Element, std::uint8_t> ||
                  std::is_same_v<Element, std::uint16_t>);
    [[maybe_unused]] constexpr bool is_f32 = std::is_same_v<Element, float>;
    assert(!defined() || (sizeof(Element) == bytes_of(type_) && is_f32 == (type_ == ElementType::f32)));
    return reinterpret_cast<Element*>(elements_.get());
  }
  // Of an f32 tensor.
  std::span<float> elements() const { return {data_ptr<float>(), static_cast<std::size_t>(numel())}; }
  // Shapes: of a tensor [rows, width] -> [width]
  std::span<float> row(std::int64_t index) const;

  // Part `first` .. `first + count - 1` along the first axis; a view.
  Tensor narrow(std::int64_t first, std::int64_t count) const;
  // The same elements under another shape; a view. Requires: as many elements.
  Tensor reshape(Shape shape) const;
  // A copy with elements of its own.
  Tensor clone() const;
  // Whether both are views of the same elements.
  bool is_same(const Tensor& other) const { return elements_ == other.elements_ && shape_ == other.shape_; }

 private:
  Tensor(std::shared_ptr<std::byte> elements, Shape shape, ElementType type);

  std::shared_ptr<std::byte> elements_;
  Shape shape_;
  ElementType type_ = ElementType::f32;
};

// Concatenates tensors along the first axis. Requires: at least one; other axes and types agree.
Tensor concatenate(std::span<const Tensor> parts);

// Shapes: [rows, columns] -> [columns, rows]
Tensor transpose(const Tensor& matrix);

// Converts to f32. Requires: f32, f16 or bf16. An f32 tensor is returned itself.
Tensor to_f32(const Tensor& tensor);

}  // namespace memo
