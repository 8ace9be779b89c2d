// AttentionMaps: the decoded maps of one memo, one for each head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memo/status.h"
#include "memo/types.h"
#include "model/maps/map_codec.h"

namespace memo {

struct AttentionMaps {
  std::uint32_t heads = 0;
  std::uint32_t length = 0;
  std::vector<float> values;  // [heads, length, length]; a row of [length] sums to 1

  // Errors: unsupported (another kind or encoding), corrupt (the payload is too short for its shape).
  static Result<AttentionMaps> decode(const SpaceSpec& spec, std::uint32_t length,
                                      std::span<const std::byte> payload);
  // Errors: corrupt.
  static Result<AttentionMaps> decode(MapShape shape, std::span<const std::byte> payload);

  // Shapes: [length, length]: row i is where token i looks. Requires: index < heads.
  std::span<const float> head(std::uint32_t index) const;
  // This head alone. Requires: index < heads.
  AttentionMaps only(std::uint32_t index) const;
  float largest() const;
};

// A map drawn with `side` elements a side instead of `length`. An element shows the largest of those it stands
// for: what stands out in a map is thin, and a mean would wash it out.
// Shapes: map [length, length] -> [side, side]
std::vector<float> resample(std::span<const float> map, std::uint32_t length, std::uint32_t side);

}  // namespace memo
