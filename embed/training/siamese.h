// Trains the embedder of one layer: two texts go through the same network, and the distance of their features
// should tell how similar their maps are.
//
// Starts from a regression in closed form (regressed_embedder.h), or from what it is given. Loss: of the texts of
// a batch, each text in turn is compared with all others; softmax(-α · distance²) should approach
// softmax(similarity / temperature) (ranking), or α · distance should approach 1 - similarity (regression).
// Source: AttMEMO, section on the embedding (Siamese training of an MLP).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "embed/embedder_set.h"

namespace memo {

enum class SiameseLoss { ranking, regression };

struct SiameseOptions {
  std::uint64_t seed = 1;
  // Ridges of the regressions that training may start from, see regressed_embedder.h; none: it starts from the
  // given embedder.
  std::vector<double> ridges = {0.01, 0.03, 0.1, 0.3, 1, 10};
  std::uint32_t hidden_width = 0;  // 0: the MLP has one layer
  SiameseLoss loss = SiameseLoss::ranking;
  double temperature = 0.03;    // in units of similarity
  double learning_rate = 1e-3;  // of Adam, falling to 0 along a cosine
  double weight_decay = 0;      // decoupled, towards the start
  double noise = 0;             // deviation of noise on inputs, as a part of theirs
  std::uint32_t batch = 384;    // texts
  std::uint32_t steps = 0;      // after the regression
  std::uint32_t check_every = 50;
  std::uint32_t patience = 8;  // checks without a better one
  double validation = 0.15;    // part of the texts that only validates
  Status validate() const;
};

struct SiameseSamples {
  at::Tensor pooled;  // [texts, segments, hidden] f32, as Embedder::pool_segments makes it
  // [texts, texts] f32: how similar the map of the second is to the first's; negative where it cannot stand in for
  // it.
  at::Tensor similarity;
  // [texts] f32, for penalties, see map_penalty.h; undefined: none are fitted.
  at::Tensor typicality{};
  at::Tensor length{};  // tokens, as a part of the bucket
};

// Mean similarity of the four texts that are found for a text of the validation part, among the others of that
// part. Retrieval among texts trained on would be too optimistic, and the more so the smaller the ridge.
struct ValidationPoint {
  std::uint32_t step = 0;
  double retrieved = 0;
};

struct SiameseResult {
  LayerEmbedder trained;  // features scaled so that a distance is about the dissimilarity; without a penalty
  std::optional<PenaltyFit> penalty;
  std::vector<ValidationPoint> curve;
  std::uint32_t best_step = 0;
  double ridge = 0;  // of the regression that training started from; 0: from `start`
  bool interrupted = false;
};

// Starts from `start` or the regression that is best on the validation part. The result is never worse there,
// because step 0 counts, too.
// The seed determines the result: on one machine, with one thread per call and the same LibTorch, it is the same
// in every bit. On another CPU, sums may be taken in another order.
// keep_going: called at each check; false ends the training with the best so far.
// Errors: invalid_argument (options, or fewer than 32 texts).
Result<SiameseResult> train_siamese(const Embedder& start, const SiameseSamples& samples,
                                    const SiameseOptions& options,
                                    const std::function<bool(const ValidationPoint&)>& keep_going = {});

}  // namespace memo
