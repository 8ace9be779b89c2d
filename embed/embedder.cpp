#include "embed/embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "embed/sign_projection.h"
#include "embed/tensor/functions.h"
#include "embed/tensor/hasher.h"

namespace memo {
namespace {

Status check_range(std::string_view field, std::uint32_t value, std::uint32_t high) {
  if (value >= 1 && value <= high) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("embedder: {} is {}, must be 1 to {}", field, value, high)};
}

bool has_shape(const Tensor& tensor, const Tensor::Shape& shape) {
  return tensor.defined() && tensor.sizes() == shape && tensor.type() == ElementType::f32;
}

// Adds token rows [from, to) up and divides: target [width].
void mean_of_rows(const float* __restrict rows, std::int64_t width, std::int64_t from, std::int64_t to,
                  float* __restrict target) {
  for (std::int64_t row = from; row < to; ++row)
    for (std::int64_t i = 0; i < width; ++i) target[i] += rows[row * width + i];
  for (std::int64_t i = 0; i < width; ++i) target[i] /= static_cast<float>(to - from);
}

}  // namespace

Status EmbedderShape::validate() const {
  MEMO_RETURN_IF_ERROR(check_range("hidden", hidden, 1u << 20));
  MEMO_RETURN_IF_ERROR(check_range("length_bucket", length_bucket, kMaxLengthBucket));
  MEMO_RETURN_IF_ERROR(check_range("token_width", token_width, 1024));
  MEMO_RETURN_IF_ERROR(check_range("segments", segments, std::min(length_bucket, 4096u)));
  return check_range("feature_dimension", feature_dimension, kMaxFeatureDimension);
}

Result<Embedder> Embedder::of_weights(const EmbedderShape& shape, EmbedderWeights weights) {
  MEMO_RETURN_IF_ERROR(shape.validate());
  std::int64_t width = std::int64_t{shape.segments} * shape.token_width;
  bool agree = has_shape(weights.tokens, {shape.token_width, shape.hidden}) && !weights.mlp.empty();
  for (const auto& [weight, bias] : weights.mlp) {
    agree = agree && has_shape(bias, {bias.numel()}) && has_shape(weight, {bias.numel(), width});
    width = bias.numel();
  }
  if (!agree || width != std::int64_t{shape.feature_dimension} || !std::isfinite(weights.scale))
    return Status(StatusCode::invalid_argument, "embedder: the weights disagree with its shape");
  Embedder embedder;
  embedder.shape_ = shape;
  embedder.weights_ = std::move(weights);
  return embedder;
}

Result<Embedder> Embedder::projection(const EmbedderShape& shape, std::uint64_t seed) {
  MEMO_RETURN_IF_ERROR(shape.validate());
  std::mt19937_64 random(seed);
  Embedder embedder;
  embedder.shape_ = shape;
  embedder.weights_.tokens = sign_projection(shape.token_width, shape.hidden, random);
  const std::int64_t pooled = std::int64_t{shape.segments} * shape.token_width;
  embedder.weights_.mlp.emplace_back(sign_projection(shape.feature_dimension, pooled, random),
                                     Tensor::zeros({shape.feature_dimension}));
  embedder.weights_.scale = 1 / std::sqrt(static_cast<float>(shape.segments) * static_cast<float>(shape.hidden));
  return embedder;
}

Digest Embedder::fingerprint() const {
  const std::uint32_t numbers[] = {shape_.hidden, shape_.length_bucket, shape_.token_width, shape_.segments,
                                   shape_.feature_dimension};
  Hasher hasher;
  hasher.add(std::as_bytes(std::span(numbers)));
  hasher.add(std::as_bytes(std::span(&weights_.scale, 1)));
  hasher.add(weights_.tokens);
  for (const auto& [weight, bias] : weights_.mlp) {
    hasher.add(weight);
    hasher.add(bias);
  }
  return hasher.digest();
}

Tensor Embedder::pool_segments(const Tensor& hidden, std::span<const std::int32_t> lengths) const {
  const std::int64_t padded = hidden.size(1);
  const std::int64_t width = shape_.hidden;
  const std::int64_t segments = shape_.segments;
  Tensor pooled = Tensor::zeros({hidden.size(0), segments, width});
  for (std::int64_t i = 0; i < hidden.size(0); ++i) {
    const float* rows = hidden.data_ptr<float>() + i * padded * width;
    float* target = pooled.data_ptr<float>() + i * segments * width;
    const std::int64_t length = lengths[static_cast<std::size_t>(i)];
    assert(length <= padded && length <= std::int64_t{shape_.length_bucket});
    for (std::int64_t segment = 0; segment < segments; ++segment) {
      const std::int64_t from = segment * shape_.length_bucket / segments;
      const std::int64_t to = std::min(length, (segment + 1) * shape_.length_bucket / segments);
      if (from < to) mean_of_rows(rows, width, from, to, target + segment * width);
    }
  }
  return pooled;
}

Tensor Embedder::embed_pooled(const Tensor& pooled) const {
  // A mean of products is the product of the mean: pooled first, there are fewer rows to multiply.
  // [batch, segments, hidden] x [hidden, token_width] -> [batch, segments, token_width]
  const std::int64_t batch = pooled.size(0);
  Tensor feature = linear(pooled.reshape({batch * shape_.segments, shape_.hidden}), weights_.tokens, {});
  feature = feature.reshape({batch, std::int64_t{shape_.segments} * shape_.token_width});
  for (std::size_t i = 0; i < weights_.mlp.size(); ++i) {
    if (i > 0) apply(Function::relu, feature);
    // [batch, in] x [in, out] -> [batch, out]
    feature = linear(feature, weights_.mlp[i].first, weights_.mlp[i].second);
  }
  for (float& value : feature.elements()) value *= weights_.scale;
  return feature;
}

Tensor Embedder::embed(const Tensor& hidden, std::span<const std::int32_t> lengths) const {
  assert(hidden.size(0) == static_cast<std::int64_t>(lengths.size()) && hidden.size(2) == shape_.hidden);
  return embed_pooled(pool_segments(hidden, lengths));
}

}  // namespace memo
