// SiameseNetwork: an embedder as it is trained, with gradients.
//
//   pooled  [batch, segments, hidden], centred on the mean of the texts trained on
//   tokens  = pooled x token_weight^T           -> [batch, segments · token_width]
//   feature = outer · relu(inner · tokens + b)  -> [batch, feature_dimension]; without inner: outer · tokens
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "embed/embedder.h"

namespace memo {

// Threads: one at a time.
class SiameseNetwork {
 public:
  // Starts with the features of `start`, up to a constant: an MLP of one layer W becomes, with hidden_width h,
  // [I, -I, 0] · relu([W; -W; random]), which is W. hidden_width 0: stays one layer.
  // Requires: start's MLP has one layer; hidden_width is 0 or at least 2 · feature_dimension.
  // Shapes: mean [segments, hidden].
  SiameseNetwork(const Embedder& start, std::uint32_t hidden_width, const at::Tensor& mean, std::uint64_t seed);

  // Shapes: pooled [batch, segments, hidden] -> [batch, feature_dimension]
  at::Tensor features(const at::Tensor& pooled) const;
  std::vector<at::Tensor>& parameters() { return parameters_; }
  // An embedder with the present weights; the centring becomes part of the first bias.
  Result<Embedder> embedder(float scale) const;

 private:
  EmbedderShape shape_;
  at::Tensor mean_;  // [segments, hidden]
  // tokens, outer weight, outer bias; then inner weight, inner bias.
  std::vector<at::Tensor> parameters_;
};

}  // namespace memo
