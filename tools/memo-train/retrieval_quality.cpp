#include "tools/memo-train/retrieval_quality.h"

#include <ATen/ATen.h>

#include "embed/retrieval.h"

namespace memo {
namespace {

at::Tensor features_of(const Embedder& embedder, const at::Tensor& pooled, const at::Tensor& texts) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : texts.split(256))
    parts.push_back(embedder.embed_pooled(pooled.index_select(0, part)));
  return at::cat(parts, 0);
}

// Shapes: similarity [queries, stored]
double nearest(const Embedder& embedder, const at::Tensor& pooled, const at::Tensor& similarity,
               const at::Tensor& stored, const at::Tensor& queries) {
  const at::Tensor distances =
      squared_distances(features_of(embedder, pooled, queries), features_of(embedder, pooled, stored));
  return retrieved_similarity(distances, similarity).mean().item<double>();
}

}  // namespace

RetrievalQuality measure_retrieval(const Embedder& trained, const Embedder& projection, const at::Tensor& pooled,
                                   const at::Tensor& similarity, const at::Tensor& stored,
                                   const at::Tensor& queries) {
  const at::Tensor pairs = similarity.index_select(0, queries).index_select(1, stored);
  RetrievalQuality quality;
  quality.best = best_similarity(pairs).mean().item<double>();
  quality.random = pairs.masked_select(pairs >= 0).mean().item<double>();
  quality.trained = nearest(trained, pooled, pairs, stored, queries);
  quality.projection = nearest(projection, pooled, pairs, stored, queries);
  return quality;
}

}  // namespace memo
