// LayerPenalty: the penalty with which a computed map is published, see embed/map_penalty.h.
#pragma once

#include <span>
#include <vector>

#include "embed/map_penalty.h"
#include "model/maps/head_mode.h"
#include "model/maps/map_codec.h"

namespace memo {

// Threads: any.
class LayerPenalty {
 public:
  // modes: [heads] of the layer; the maps are of those that look up.
  // Requires: the average is of as many heads, of which one looks up.
  LayerPenalty(const MapPenalty& penalty, std::span<const HeadMode> modes);

  // Compares one row in row_stride with the average.
  // Requires: payload is a map of this shape, encoded; length within the bucket.
  // Shapes: feature [feature_dimension]
  float of(std::span<const std::byte> payload, MapShape shape, std::span<const float> feature) const;

 private:
  float typicality(std::span<const std::byte> payload, MapShape shape) const;

  PenaltyFit fit_;
  std::size_t row_stride_;
  Tensor average_;  // [lookup heads, rows, length_bucket]
};

}  // namespace memo
