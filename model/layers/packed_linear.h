// PackedLinear: a linear layer whose weights are packed once for oneDNN's matrix product.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "embed/tensor/tensor.h"
#include "model/checkpoint/checkpoint.h"
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
};

// Rows are processed in multiples of this: sources are read, and destinations written, up to the next one.
constexpr std::size_t kRowUnit = 16;
constexpr std::size_t round_up_rows(std::size_t rows) {
  return (rows + kRowUnit - 1) / kRowUnit * kRowUnit;
}

struct LinearOptions {
  DataType input = DataType::f32;   // of x and the weights
  DataType output = DataType::f32;  // of y; oneDNN has no product from f32 to bf16
  bool add = false;                 // y += instead of y =
  std::optional<Activation> activation;
};

// y = activation(x W^T + b), or y += x W^T + b. A row of y is bitwise the same whatever rows are beside it.
// Threads: any thread may call run(), each with its own worker. The first call for a number of rows makes its
// primitive, once for all threads.
class PackedLinear {
 public:
  // Shapes: weight [out, in] f32, bias [out] f32 or undefined. Errors: throws dnnl::error.
  PackedLinear(const dnnl::engine& engine, const Tensor& weight, const Tensor& bias, LinearOptions options);

  // Shapes: x [rows, in], y [rows, out], rows rounded up to kRowUnit.
  void run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const;

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }

 private:
  struct Product {
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
  };
  void run_piece(LinearWorker& worker, const std::byte* x, std::byte* y, std::size_t rows) const;
  // How many of these rows are multiplied at a time.
  std::size_t piece(std::size_t rows) const;
  const Product& product_for(std::size_t rows) const;
  std::unique_ptr<Product> make_product(std::size_t rows, const dnnl::memory::desc& weights) const;
  void pack(const Tensor& weight, const Tensor& bias);
  LinearWorker::Arguments make_arguments(const LinearWorker& worker, const Product& product) const;

  dnnl::engine engine_;
  std::int64_t in_;
  std::int64_t out_;
  LinearOptions options_;
  std::shared_ptr<std::byte> packed_;  // weights_' bytes
  dnnl::memory weights_;
  dnnl::memory bias_;  // empty: none
  Tensor bias_tensor_;
  bool sums_alike_ = true;  // for every number of rows
  // mutex_ guards writing. A product never changes once it is there, and is found without the lock.
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Product>> owned_;
  mutable std::vector<std::atomic<const Product*>> by_units_;  // index: rows / kRowUnit
};

// The longest x that run() takes.
constexpr std::size_t kMaxLinearRows = 1024;

}  // namespace memo
