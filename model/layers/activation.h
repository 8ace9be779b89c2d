// FastActivation: an activation function applied after a product, where the kernels have one that is faster than
// oneDNN's own.
#pragma once

#include <cstddef>
#include <optional>

#include "embed/tensor/functions.h"
#include "model/checkpoint/model_config.h"
#include "model/kernels/kernels.h"
#include "model/layers/data_type.h"

namespace memo {

// The definition, for whole tensors.
Function function_of(Activation activation);

// Absolute error below 1e-6 against the definition.
// Threads: any.
class FastActivation {
 public:
  // Empty where oneDNN applies the activation.
  // type: f32 or bf16.
  static std::optional<FastActivation> make(Activation activation, DataType type, const Kernels& kernels);

  // x [count] of the type, in place.
  void run(void* x, std::size_t count) const;

 private:
  FastActivation(Activation activation, DataType type, const Kernels& kernels);

  DataType type_;
  const Kernels& kernels_;
  ActivationTable table_;
};

}  // namespace memo
