#include "model/layers/linear.h"

#include "model/layers/integer_linear.h"
#include "model/layers/packed_linear.h"

namespace memo {

bool has_products(const Kernels& kernels, DataType type) {
  switch (type) {
    case DataType::f32:
      return true;
    case DataType::bf16:
      return kernels.bf16;
    case DataType::s8:
      return kernels.s8.multiply != nullptr;
    case DataType::s16:
      return kernels.s16.multiply != nullptr;
  }
  return false;
}

std::unique_ptr<const Linear> make_linear(const dnnl::engine& engine, const Kernels& kernels, const Tensor& weight,
                                          const Tensor& bias, LinearOptions options) {
  if (has_integer_products(options.type)) return std::make_unique<IntegerLinear>(kernels, weight, bias, options);
  return std::make_unique<PackedLinear>(engine, weight, bias, options);
}

}  // namespace memo
