// MapPenalty: how much worse a stored map stands in for others than its feature says.
//
// A feature places a map in a space where squared distance is 2 - 2 · similarity, as far as the layer's input
// determines it. The map itself lies off that place, and the farther the less typical it is. It is that much
// farther from every map near the place. This is known only once the map is computed, so only for stored features:
//   rest    = at_zero + per_typicality · typicality + per_length · length / bucket - per_square · |feature|²
//   penalty = (rest / usual)^power
// typicality: the similarity of the map to the average map of its layer. A lookup orders near memos by distance
// times penalty (memo/memo_store.h).
#pragma once

#include <cstdint>
#include <span>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

// Similarity of a row of a map to a row of an average. The average's row is cropped to the map's length and scaled
// to sum 1; the similarity is the sum of the smaller elements. Requires: the average is at least as long.
float overlap(std::span<const float> row, std::span<const float> average);

struct PenaltyFit {
  float at_zero = 0, per_typicality = 0, per_length = 0, per_square = 0;
  float usual = 1;  // above 0
  float power = 0;  // 0: no penalties
  // length: tokens, as a share of the bucket; square: the feature's squared norm. The result is in the limits of
  // memo/types.h.
  float penalty(float typicality, float length, float square) const;

  // Shapes: [6]. Errors: invalid_argument (not finite, usual or power out of range).
  static Result<PenaltyFit> of_tensor(const Tensor& numbers);
  Tensor to_tensor() const;
};

struct MapPenalty {
  PenaltyFit fit;
  // [heads, rows, length_bucket] f32: one row in row_stride, the first among them, of the average map; each row
  // sums to 1 or is zero.
  Tensor average;
  std::uint32_t row_stride = 1;
  // Errors: invalid_argument (the rows do not match the stride, or the numbers are no average of maps).
  Status validate(std::uint32_t length_bucket) const;
};

}  // namespace memo
