// How similar the maps are that features find.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "embed/embedder.h"

namespace memo {

// Mean similarity, over the queries, of one stored map for each.
struct RetrievalQuality {
  double best = 0;        // the most similar one
  double trained = 0;     // the one whose feature is nearest
  double projection = 0;  // the same by features of the embedder that training started from
  double random = 0;      // any: the mean over all
  double ratio() const { return best > 0 ? trained / best : 0; }
};

// Shapes: pooled [texts, segments, hidden]; similarity [texts, texts], as SiameseSamples; stored, queries: indices of texts.
RetrievalQuality measure_retrieval(const Embedder& trained, const Embedder& projection, const at::Tensor& pooled,
                                   const at::Tensor& similarity, const at::Tensor& stored,
                                   const at::Tensor& queries);

}  // namespace memo
