// MapPenalty: how much less a stored map stands in for others than its feature says.
//
// Features place a map in a space where squared distance is 2 - 2 · similarity, as far as the layer's input tells. The
// map itself lies off that place, the farther the less typical it is, and is that much farther from whoever is near the
// place. This can be known once the map is computed, so of stored features only:
//   rest    = at_zero + per_typicality · typicality + per_length · length / bucket - per_square · |feature|²
//   penalty = (rest / usual)^power
// typicality: the similarity of the map to the average map of its layer. A lookup orders what is near by distance times
// penalty (memo/memo_store.h).
#pragma once

#include <cstdint>
#include <span>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

// Similarity of a row of a map to a row of an average, which is cropped to its length and scaled to sum 1: the sum of
// the lesser elements. Requires: the average is at least as long.
float overlap(std::span<const float> row, std::span<const float> average);

struct PenaltyFit {
  float at_zero = 0, per_typicality = 0, per_length = 0, per_square = 0;
  float usual = 1;  // above 0
  float power = 0;  // 0: no penalties
  // length: tokens, as a part of the bucket; square: of the feature's norm. In the limits of memo/types.h.
  float penalty(float typicality, float length, float square) const;

  // Shapes: [6]. Errors: invalid_argument (not finite, usual or power out of range).
  static Result<PenaltyFit> of_tensor(const Tensor& numbers);
  Tensor to_tensor() const;
};

struct MapPenalty {
  PenaltyFit fit;
  // [heads, rows, length_bucket] f32: one row in row_stride, the first among them, of the average map; each row sums
  // to 1 or is zero.
  Tensor average;
  std::uint32_t row_stride = 1;
  // Errors: invalid_argument (other rows than the stride says, or numbers that are no average of maps).
  Status validate(std::uint32_t length_bucket) const;
};

}  // namespace memo
