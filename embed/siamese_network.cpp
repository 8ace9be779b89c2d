#include "embed/siamese_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cassert>

namespace memo {

SiameseNetwork::SiameseNetwork(const Embedder& start, std::uint32_t hidden_width, const at::Tensor& mean,
                               std::uint64_t seed)
    : shape_(start.shape()), mean_(mean) {
  const EmbedderWeights& weights = start.weights();
  assert(weights.mlp.size() == 1);
  const at::Tensor& matrix = weights.mlp.front().first;
  const std::int64_t out = matrix.size(0);
  parameters_ = {weights.tokens.clone(), matrix * weights.scale, at::zeros({out})};
  if (hidden_width > 0) {
    const std::int64_t spare = std::int64_t{hidden_width} - 2 * out;
    assert(spare >= 0);
    at::Generator generator = at::detail::createCPUGenerator(seed);
    const at::Tensor scaled = matrix * weights.scale;
    const at::Tensor random = at::randn({spare, matrix.size(1)}, generator, at::kFloat) * scaled.std();
    const at::Tensor identity = at::eye(out);
    parameters_[1] = at::cat({identity, -identity, at::zeros({out, spare})}, 1);
    parameters_.push_back(at::cat({scaled, -scaled, random}, 0));
    parameters_.push_back(at::zeros({std::int64_t{hidden_width}}));
  }
  for (at::Tensor& parameter : parameters_) parameter = parameter.contiguous().requires_grad_();
}

at::Tensor SiameseNetwork::features(const at::Tensor& pooled) const {
  const at::Tensor tokens = at::linear(pooled - mean_, parameters_[0]).flatten(1);
  if (parameters_.size() == 3) return at::linear(tokens, parameters_[1], parameters_[2]);
  const at::Tensor inner = at::relu(at::linear(tokens, parameters_[3], parameters_[4]));
  return at::linear(inner, parameters_[1], parameters_[2]);
}

Result<Embedder> SiameseNetwork::embedder(float scale) const {
  const at::NoGradGuard no_gradients;
  const auto copy = [](const at::Tensor& tensor) { return tensor.detach().clone().contiguous(); };
  EmbedderWeights weights;
  weights.tokens = copy(parameters_[0]);
  weights.scale = scale;
  if (parameters_.size() > 3) weights.mlp.emplace_back(copy(parameters_[3]), copy(parameters_[4]));
  weights.mlp.emplace_back(copy(parameters_[1]), copy(parameters_[2]));
  // W (tokens - m) + b = W tokens + (b - W m)
  const at::Tensor m = at::linear(mean_, weights.tokens).flatten();
  weights.mlp.front().second -= at::mv(weights.mlp.front().first, m);
  return Embedder::of_weights(shape_, std::move(weights));
}

}  // namespace memo
