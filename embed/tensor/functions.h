// Functions of whole tensors that run once per text or once per model: task heads, modules, tables. Layers have
// their own packed products and kernels (model/layers, model/kernels).
#pragma once

#include "embed/tensor/tensor.h"

namespace memo {

// x W^T + b, by oneDNN. Shapes: x [rows, in] f32, weight [out, in] f32, bias [out] f32 or undefined -> [rows, out]
// Threads: any; runs on as many threads as OpenMP gives the calling one. Errors: throws std::bad_alloc.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);
// The same, but a row's result is bitwise the same whatever rows are beside it: for the last products of texts, which
// must not depend on their batch. Many rows take twice as long as in linear().
Tensor linear_by_rows(const Tensor& x, const Tensor& weight, const Tensor& bias);

// Shapes: x [rows, width], weight and bias [width] -> [rows, width]
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon);

enum class Function { identity, gelu_erf, gelu_tanh, relu, tanh, sigmoid, silu };
// Changes each element in place.
void apply(Function function, const Tensor& x);

}  // namespace memo
