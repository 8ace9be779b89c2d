// Linear: a linear layer that is ready to run, in one of the number formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "embed/tensor/tensor.h"
#include "model/checkpoint/checkpoint.h"
#include "model/kernels/kernels.h"
#include "model/layers/data_type.h"
#include "model/layers/huge_buffer.h"

namespace memo {

// A thread's memory for running linear layers.
// Threads: one at a time.
class LinearWorker {
 public:
  explicit LinearWorker(const dnnl::engine& engine) : engine_(engine), stream_(engine) {}
  // Call this before a layer that it has run is destroyed and others are run: it finds what it keeps of a layer by
  // the layer's address.
  void forget() { arguments_.clear(); }

 private:
  friend class PackedLinear;
  friend class IntegerLinear;
  // The arguments of one primitive; each call sets their addresses.
  struct Arguments {
    dnnl::memory source;
    dnnl::memory destination;
    dnnl::memory scratchpad;
    std::unordered_map<int, dnnl::memory> all;
  };

  dnnl::engine engine_;
  dnnl::stream stream_;
  HugeBuffer scratchpad_;
  std::unordered_map<const void*, Arguments> arguments_;  // by primitive
  HugeBuffer levels_;
};

// Rows are processed in multiples of this: sources are read, and destinations written, up to the next one.
constexpr std::size_t kRowUnit = 16;
constexpr std::size_t round_up_rows(std::size_t rows) {
  return (rows + kRowUnit - 1) / kRowUnit * kRowUnit;
}
// The longest x that run() takes.
constexpr std::size_t kMaxLinearRows = 1024;

// So many inputs an integer product may have: its sums stay below 2^31.
constexpr std::int64_t kMaxIntegerDepth = 0x7fffffff / 127 / 255;

// Whether the kernels have products of this type.
bool has_products(const Kernels& kernels, DataType type);

struct LinearOptions {
  DataType type = DataType::f32;    // of the products: x is of values_of(type)
  DataType output = DataType::f32;  // of y: f32, or bf16 with products of bf16
  bool add = false;                 // y += instead of y =
  std::optional<Activation> activation;
};

// y = activation(x W^T + b), or y += x W^T + b. A row of y is bitwise the same whatever rows are beside it.
// Threads: any thread may call run(), each with its own worker.
class Linear {
 public:
  virtual ~Linear() = default;

  // Shapes: x [rows, in], y [rows, out], rows rounded up to kRowUnit.
  virtual void run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const = 0;

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }

 protected:
  Linear(std::int64_t in, std::int64_t out) : in_(in), out_(out) {}

 private:
  std::int64_t in_;
  std::int64_t out_;
};

// Shapes: weight [out, in] f32, bias [out] f32 or undefined. Errors: throws dnnl::error.
// Requires: kernels have products of the type; for integers, at most kMaxIntegerDepth inputs.
std::unique_ptr<const Linear> make_linear(const dnnl::engine& engine, const Kernels& kernels, const Tensor& weight,
                                          const Tensor& bias, LinearOptions options);

}  // namespace memo
