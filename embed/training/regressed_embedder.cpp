#include "embed/training/regressed_embedder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "embed/training/retrieval.h"
#include "embed/training/torch_tensor.h"

namespace memo {
namespace {

constexpr double kTiny = 1e-4;  // of a covariance's mean variance: keeps its inverse root finite

struct Eigen {
  at::Tensor values, vectors;  // [n], [m, n]: the largest first, none negative
};

// Shapes: symmetric [m, m] f64; n at most m
Eigen largest(const at::Tensor& symmetric, std::int64_t n) {
  const auto [values, vectors] = at::linalg_eigh(symmetric);
  return {values.flip(0).narrow(0, 0, n).clamp_min(0), vectors.flip(1).narrow(1, 0, n)};
}

// Appends zero columns. Shapes: [m, n] -> [m, wanted]
at::Tensor widened(const at::Tensor& matrix, std::int64_t wanted) {
  return at::cat({matrix, at::zeros({matrix.size(0), wanted - matrix.size(1)}, matrix.options())}, 1);
}

at::Tensor with_ridge(const at::Tensor& matrix, double ridge, std::int64_t texts) {
  const at::Tensor level = matrix.diagonal().sum() / texts * ridge;
  return matrix + level * at::eye(matrix.size(0), matrix.options());
}

// Shapes: similarity [texts, texts] -> [texts, dimension] f64
at::Tensor coordinates(const at::Tensor& similarity, std::int64_t dimension) {
  const at::Tensor kernel = similarity_kernel(similarity).to(at::kDouble);
  const at::Tensor means = kernel.mean(0);
  const at::Tensor centred = kernel - means - means.unsqueeze(1) + means.mean();
  const Eigen eigen = largest(centred, std::min(dimension, centred.size(0)));
  return widened(eigen.vectors * eigen.values.sqrt(), dimension);
}

// Directions of a token that keep most of what the regression predicts.
// Shapes: weights [hidden, any] -> [token_width, hidden] f32
at::Tensor token_directions(const at::Tensor& inputs, const at::Tensor& weights, std::int64_t token_width) {
  const at::Tensor tokens = inputs.flatten(0, 1);
  const at::Tensor covariance = (at::mm(tokens.t(), tokens) / tokens.size(0)).to(at::kDouble);
  const std::int64_t hidden = covariance.size(0);
  const Eigen axes = largest(with_ridge(covariance, kTiny, hidden), hidden);
  const at::Tensor root = at::mm(axes.vectors * axes.values.sqrt(), axes.vectors.t());
  const at::Tensor inverse = at::mm(axes.vectors * axes.values.rsqrt(), axes.vectors.t());
  const at::Tensor predicted = at::mm(root, weights);
  const Eigen kept = largest(at::mm(predicted, predicted.t()), std::min(token_width, hidden));
  return widened(at::mm(inverse, kept.vectors), token_width).t().to(at::kFloat).contiguous();
}

// The regressions of one layer's texts.
class Regression {
 public:
  Regression(const EmbedderShape& shape, const at::Tensor& pooled, const at::Tensor& similarity)
      : shape_(shape),
        mean_(pooled.mean(0)),
        inputs_(pooled - mean_),
        targets_(coordinates(similarity, shape.feature_dimension)),
        // [texts, segments · hidden] x [segments · hidden, texts] -> [texts, texts]
        products_(at::mm(inputs_.flatten(1), inputs_.flatten(1).t()).to(at::kDouble)) {}

  Result<Embedder> embedder(double ridge) const;

 private:
  // The regression on whole inputs. It uses the products of texts, which are fewer than the inputs' elements.
  // Shapes: -> [hidden, segments · dimension]
  at::Tensor whole_weights(double ridge) const;

  const EmbedderShape shape_;
  const at::Tensor mean_;      // [segments, hidden]
  const at::Tensor inputs_;    // [texts, segments, hidden], centred
  const at::Tensor targets_;   // [texts, dimension] f64
  const at::Tensor products_;  // [texts, texts] f64
};

at::Tensor Regression::whole_weights(double ridge) const {
  const at::Tensor flat = inputs_.flatten(1);
  const at::Tensor parts = at::linalg_solve(with_ridge(products_, ridge, flat.size(0)), targets_).to(at::kFloat);
  // [segments · hidden, texts] x [texts, dimension] -> [segments · hidden, dimension]
  const at::Tensor weights = at::mm(flat.t(), parts);
  return weights.view({inputs_.size(1), inputs_.size(2), -1}).permute({1, 0, 2}).flatten(1).to(at::kDouble);
}

Result<Embedder> Regression::embedder(double ridge) const {
  const at::Tensor tokens = token_directions(inputs_, whole_weights(ridge), shape_.token_width);
  // [texts, segments, hidden] x [hidden, token_width] -> [texts, segments · token_width]
  const at::Tensor reduced = at::linear(inputs_, tokens).flatten(1).to(at::kDouble);
  const at::Tensor products = with_ridge(at::mm(reduced.t(), reduced), ridge, reduced.size(0));
  const at::Tensor solution = at::linalg_solve(products, at::mm(reduced.t(), targets_));
  const at::Tensor matrix = solution.t().to(at::kFloat).contiguous();
  const at::Tensor bias = -at::mv(matrix, at::linear(mean_, tokens).flatten());
  if (!at::isfinite(matrix).all().item<bool>() || !at::isfinite(bias).all().item<bool>())
    return Status(StatusCode::invalid_argument, "regression of an embedder: inputs that are not finite");
  EmbedderWeights weights;
  weights.tokens = from_torch(tokens);
  weights.mlp.emplace_back(from_torch(matrix), from_torch(bias));
  return Embedder::of_weights(shape_, std::move(weights));
}

}  // namespace

Result<std::vector<Embedder>> regress_embedders(const EmbedderShape& shape, const at::Tensor& pooled,
                                                const at::Tensor& similarity, std::span<const double> ridges) try {
  const at::NoGradGuard no_gradients;
  const Regression regression(shape, pooled, similarity);
  std::vector<Embedder> embedders;
  for (const double ridge : ridges) {
    MEMO_ASSIGN_OR_RETURN(Embedder embedder, regression.embedder(ridge));
    embedders.push_back(std::move(embedder));
  }
  return embedders;
} catch (const c10::Error& error) {
  return Status(StatusCode::invalid_argument,
                fmt::format("regression of an embedder: {}", error.what_without_backtrace()));
}

}  // namespace memo
