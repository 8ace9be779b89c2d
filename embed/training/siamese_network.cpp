#include "embed/training/siamese_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cassert>
#include <utility>
#include <vector>

#include "embed/training/torch_tensor.h"

namespace memo {

SiameseNetwork::SiameseNetwork(const Embedder& start, std::uint32_t hidden_width, const at::Tensor& mean,
                               std::uint64_t seed)
    : shape_(start.shape()), mean_(mean) {
  const EmbedderWeights& weights = start.weights();
  assert(weights.mlp.size() == 1);
  const at::Tensor matrix = to_torch(weights.mlp.front().first);
  const std::int64_t out = matrix.size(0);
  parameters_ = {to_torch(weights.tokens).clone(), matrix * weights.scale, at::zeros({out})};
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
  std::vector<std::pair<at::Tensor, at::Tensor>> mlp{{parameters_[1], parameters_[2]}};
  if (parameters_.size() > 3) mlp.insert(mlp.begin(), {parameters_[3], parameters_[4]});
  // W (tokens - m) + b = W tokens + (b - W m)
  const at::Tensor m = at::linear(mean_, parameters_[0]).flatten();
  mlp.front().second = mlp.front().second - at::mv(mlp.front().first, m);
  EmbedderWeights weights;
  weights.tokens = from_torch(parameters_[0]);
  weights.scale = scale;
  for (const auto& [weight, bias] : mlp) weights.mlp.emplace_back(from_torch(weight), from_torch(bias));
  return Embedder::of_weights(shape_, std::move(weights));
}

}  // namespace memo
