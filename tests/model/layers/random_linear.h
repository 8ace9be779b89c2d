// Random linear layers, and matrices as the layers read and write them.
#pragma once

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/layers/data_type.h"
#include "tests/model/kernels/reference.h"

namespace memo {

inline const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// A matrix in a layer's type, in memory of exactly `rows` rows; those behind the matrix's own hold `filler`.
class StoredMatrix {
 public:
  StoredMatrix(const Matrix& matrix, DataType type, std::size_t rows, double filler)
      : columns_(matrix.columns), type_(type), memory_(rows * matrix.columns * bytes_of(type)) {
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < columns_; ++column)
        set(row * columns_ + column, row < matrix.rows ? matrix(row, column) : filler);
  }

  void* data() { return memory_.data(); }
  const void* data() const { return memory_.data(); }
  bool guards_intact() const { return memory_.guards_intact(); }
  // Of a number that was rounded to this type.
  double relative_error() const { return type_ == DataType::f32 ? 0 : 1.0 / 250; }
  double operator()(std::size_t row, std::size_t column) const {
    const std::size_t place = row * columns_ + column;
    if (type_ == DataType::f32) return value_of(reinterpret_cast<const float*>(memory_.data())[place]);
    return value_of(reinterpret_cast<const Bf16*>(memory_.data())[place]);
  }

 private:
  void set(std::size_t place, double x) {
    if (type_ == DataType::f32) {
      reinterpret_cast<float*>(memory_.data())[place] = element_of<float>(x);
    } else {
      reinterpret_cast<Bf16*>(memory_.data())[place] = element_of<Bf16>(x);
    }
  }

  std::size_t columns_;
  DataType type_;
  GuardedMemory memory_;
};

class RandomLinear {
 public:
  RandomLinear(std::size_t in, std::size_t out, bool bias) : in_(in), out_(out) {
    weights_.weight = random({static_cast<std::int64_t>(out), static_cast<std::int64_t>(in)});
    if (bias) weights_.bias = random({static_cast<std::int64_t>(out)});
  }

  const LinearWeights& weights() const { return weights_; }
  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }
  double bias(std::size_t o) const { return weights_.bias.defined() ? weights_.bias.data_ptr<float>()[o] : 0; }
  // As a layer of this type holds it.
  double weight(std::size_t o, std::size_t i, DataType type) const {
    const double exact = weights_.weight.data_ptr<float>()[o * in_ + i];
    return type == DataType::f32 ? exact : nearest_bf16(exact);
  }

  // The definition: x [rows, in] -> [rows, out]
  Matrix apply(const Matrix& x, DataType type) const {
    Matrix y(x.rows, out_);
    for (std::size_t row = 0; row < x.rows; ++row)
      for (std::size_t o = 0; o < out_; ++o) {
        y(row, o) = bias(o);
        for (std::size_t i = 0; i < in_; ++i) y(row, o) += x(row, i) * weight(o, i, type);
      }
    return y;
  }

 private:
  Tensor random(const Tensor::Shape& shape) {
    Tensor tensor = Tensor::empty(shape);
    std::normal_distribution<float> normal(0, 0.3f);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = normal(generator_);
    return tensor;
  }

  std::size_t in_;
  std::size_t out_;
  std::mt19937 generator_{11};
  LinearWeights weights_;
};

}  // namespace memo
