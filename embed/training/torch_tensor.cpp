#include "embed/training/torch_tensor.h"

#include <ATen/ops/from_blob.h>

#include <cstring>
#include <stdexcept>

namespace memo {
namespace {

at::ScalarType scalar_type(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return at::kFloat;
    case ElementType::f16:
      return at::kHalf;
    case ElementType::bf16:
      return at::kBFloat16;
    case ElementType::u8:
      return at::kByte;
  }
  return at::kFloat;
}

ElementType element_type(at::ScalarType type) {
  for (const ElementType known : {ElementType::f32, ElementType::f16, ElementType::bf16, ElementType::u8})
    if (scalar_type(known) == type) return known;
  throw std::invalid_argument("a tensor of a type that ours have not");
}

}  // namespace

at::Tensor to_torch(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  const auto keep = [tensor](void*) {};
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), keep, at::TensorOptions(scalar_type(tensor.type())));
}

Tensor from_torch(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor source = tensor.detach().contiguous();
  Tensor copy = Tensor::empty(source.sizes().vec(), element_type(source.scalar_type()));
  if (copy.nbytes() > 0) std::memcpy(copy.data_ptr(), source.data_ptr(), copy.nbytes());
  return copy;
}

}  // namespace memo
