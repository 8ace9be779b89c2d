#include "tools/memo-train/retrieval_quality.h"

#include <ATen/ATen.h>

#include <limits>

#include "embed/retrieval.h"

namespace memo {
namespace {

at::Tensor features_of(const Embedder& embedder, const at::Tensor& pooled, const at::Tensor& texts) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : texts.split(256))
    parts.push_back(embedder.embed_pooled(pooled.index_select(0, part)));
  return at::cat(parts, 0);
}

// What is found for each query.
struct Retrieved {
  at::Tensor distance, similarity, best;  // [queries that have something to find]
};

// Shapes: similarity [queries, stored]
Retrieved retrieve(const Embedder& embedder, const at::Tensor& pooled, const at::Tensor& similarity,
                   const at::Tensor& stored, const at::Tensor& queries) {
  const at::Tensor distances =
      squared_distances(features_of(embedder, pooled, queries), features_of(embedder, pooled, stored))
          .masked_fill(similarity < 0, std::numeric_limits<float>::max());
  const auto [nearest, place] = distances.min(1, true);
  const at::Tensor best = similarity.amax(1, true);
  const at::Tensor found = best >= 0;
  return {nearest.masked_select(found), similarity.gather(1, place).masked_select(found),
          best.masked_select(found)};
}

// The largest part of the near-duplicates below a distance where they are 95 % of what is.
double recall(const Retrieved& retrieved, std::int64_t near_queries) {
  const at::Tensor order = retrieved.distance.argsort();
  const at::Tensor near =
      (retrieved.similarity.index_select(0, order) >= kNearDuplicate).to(at::kDouble).cumsum(0);
  const at::Tensor precision = near / at::arange(1, near.numel() + 1, near.options());
  const at::Tensor kept = near.masked_select(precision >= 0.95);
  return kept.numel() > 0 ? kept.max().item<double>() / static_cast<double>(near_queries) : 0;
}

void add_near_duplicates(const Retrieved& trained, RetrievalQuality& quality) {
  const at::Tensor near = trained.best >= kNearDuplicate;
  quality.near_queries = near.sum().item<std::int64_t>();
  if (quality.near_queries == 0) return;
  quality.near_best = trained.best.masked_select(near).mean().item<double>();
  quality.near_trained = trained.similarity.masked_select(near).mean().item<double>();
  quality.near_recall = recall(trained, quality.near_queries);
}

}  // namespace

RetrievalQuality measure_retrieval(const Embedder& trained, const Embedder& projection, const at::Tensor& pooled,
                                   const at::Tensor& similarity, const at::Tensor& stored,
                                   const at::Tensor& queries) {
  const at::Tensor pairs = similarity.index_select(0, queries).index_select(1, stored);
  const Retrieved by_trained = retrieve(trained, pooled, pairs, stored, queries);
  RetrievalQuality quality;
  quality.best = by_trained.best.mean().item<double>();
  quality.random = pairs.masked_select(pairs >= 0).mean().item<double>();
  quality.trained = by_trained.similarity.mean().item<double>();
  quality.projection = retrieve(projection, pooled, pairs, stored, queries).similarity.mean().item<double>();
  add_near_duplicates(by_trained, quality);
  return quality;
}

}  // namespace memo
