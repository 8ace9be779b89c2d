// How similar the maps that features find are.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "embed/training/siamese.h"

namespace memo {

inline constexpr double kNearDuplicate = 0.8;  // similarity

// Mean similarity, over the queries, of one stored map for each.
struct RetrievalQuality {
  double best = 0;         // the most similar one
  double trained = 0;      // the one that is found by features and penalties
  double unpenalized = 0;  // the one whose feature is nearest
  double projection = 0;   // the same by features of the embedder that training started from
  double random = 0;       // any: the mean over all
  // The same over the queries that have a near-duplicate: whose best map is at least kNearDuplicate similar.
  double near_best = 0;
  double near_trained = 0;
  std::int64_t near_queries = 0;
  // The share of these queries that a threshold on the distance lets through before one in twenty of the maps that
  // it lets through is less than kNearDuplicate similar.
  double near_recall = 0;
  double ratio() const { return best > 0 ? trained / best : 0; }
};

// Shapes: stored, queries: indices of texts.
RetrievalQuality measure_retrieval(const SiameseResult& trained, const Embedder& projection,
                                   const SiameseSamples& texts, const at::Tensor& stored,
                                   const at::Tensor& queries);

}  // namespace memo
