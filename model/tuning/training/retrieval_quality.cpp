#include "model/tuning/training/retrieval_quality.h"

#include <ATen/ATen.h>

#include "embed/training/penalty_fit.h"
#include "embed/training/retrieval.h"
#include "embed/training/torch_tensor.h"

namespace memo {
namespace {

at::Tensor features_of(const Embedder& embedder, const at::Tensor& pooled, const at::Tensor& texts) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : texts.split(256))
    parts.push_back(to_torch(embedder.embed_pooled(from_torch(pooled.index_select(0, part)))));
  return at::cat(parts, 0);
}

// The largest share of the near-duplicates below any distance where at least 95 % of the maps are near-duplicates.
double recall(const Retrieved& retrieved, std::int64_t near_queries) {
  const at::Tensor order = retrieved.distance.argsort();
  const at::Tensor near =
      (retrieved.similarity.index_select(0, order) >= kNearDuplicate).to(at::kDouble).cumsum(0);
  const at::Tensor precision = near / at::arange(1, near.numel() + 1, near.options());
  const at::Tensor kept = near.masked_select(precision >= 0.95);
  return kept.numel() > 0 ? kept.max().item<double>() / static_cast<double>(near_queries) : 0;
}

// nearest: retrieved without penalties, as a threshold on the distance does not include them. Shapes: best [found]
void add_near_duplicates(const Retrieved& trained, const Retrieved& nearest, const at::Tensor& best,
                         RetrievalQuality& quality) {
  const at::Tensor near = best >= kNearDuplicate;
  quality.near_queries = near.sum().item<std::int64_t>();
  if (quality.near_queries == 0) return;
  quality.near_best = best.masked_select(near).mean().item<double>();
  quality.near_trained = trained.similarity.masked_select(near).mean().item<double>();
  quality.near_recall = recall(nearest, quality.near_queries);
}

}  // namespace

RetrievalQuality measure_retrieval(const SiameseResult& trained, const Embedder& projection,
                                   const SiameseSamples& texts, const at::Tensor& stored,
                                   const at::Tensor& queries) {
  const at::Tensor pairs = texts.similarity.index_select(0, queries).index_select(1, stored);
  const at::Tensor most = pairs.amax(1);
  const at::Tensor best = most.masked_select(most >= 0);  // of queries that have something to find
  const at::Tensor features = features_of(trained.trained.embedder, texts.pooled, stored);
  const at::Tensor distances =
      squared_distances(features_of(trained.trained.embedder, texts.pooled, queries), features).sqrt();
  at::Tensor of_stored;
  if (trained.penalty)
    of_stored = penalties(*trained.penalty, texts.typicality.index_select(0, stored),
                          texts.length.index_select(0, stored), features.pow(2).sum(1));
  const Retrieved by_trained = retrieve(distances, pairs, 1, of_stored);
  const Retrieved nearest = retrieve(distances, pairs, 1);
  const Retrieved by_projection = retrieve(squared_distances(features_of(projection, texts.pooled, queries),
                                                             features_of(projection, texts.pooled, stored)),
                                           pairs, 1);
  RetrievalQuality quality;
  quality.best = best.mean().item<double>();
  quality.random = pairs.masked_select(pairs >= 0).mean().item<double>();
  quality.trained = by_trained.similarity.mean().item<double>();
  quality.unpenalized = nearest.similarity.mean().item<double>();
  quality.projection = by_projection.similarity.mean().item<double>();
  add_near_duplicates(by_trained, nearest, best, quality);
  return quality;
}

}  // namespace memo
