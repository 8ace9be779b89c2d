// PackedLinear: a linear layer whose weights are packed once for oneDNN's matrix product.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "model/layers/linear.h"

namespace memo {

// Products of f32 or bf16.
// Threads: as Linear. The first call for a number of rows makes its primitive, once for all threads.
class PackedLinear final : public Linear {
 public:
  // As make_linear().
  PackedLinear(const dnnl::engine& engine, const Tensor& weight, const Tensor& bias, LinearOptions options);

  void run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const override;

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

}  // namespace memo
