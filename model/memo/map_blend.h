// MapBlend: the stored maps that stand in for a computed one: a single one, or the nearest ones with weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memo/memo_store.h"
#include "model/kernels/kernels.h"

namespace memo {

// A lookup never finds more maps than a kernel blends.
static_assert(kMaxNeighbours <= kMaxBlendedMaps);

// Weights are whole numbers of this many parts, so that processes whose distances differ in the last bits make the
// same blend, with the same key.
inline constexpr std::uint32_t kBlendParts = 1024;

// Weights of maps at these distances, in parts: 1 / distance⁴, normalized. A map at distance 0 takes all.
// Requires: distances [1 .. kMaxBlendedMaps], none negative, nearest first. Shapes: -> [distances]; their sum is
// kBlendParts; some may be 0.
std::vector<std::uint32_t> blend_weights(std::span<const float> distances);

// Threads: one at a time.
class MapBlend {
 public:
  // No map.
  MapBlend() = default;
  // Weighs the maps by their distances, and releases those with weight 0.
  // Requires: nearest first.
  explicit MapBlend(std::vector<Match> maps);

  explicit operator bool() const { return !maps_.empty(); }
  std::size_t size() const { return maps_.size(); }
  const Match& map(std::size_t i) const { return maps_[i]; }
  float weight(std::size_t i) const { return static_cast<float>(parts_[i]) / static_cast<float>(kBlendParts); }

  // Whether this is exactly the map that would have been computed.
  bool exact() const { return !maps_.empty() && maps_[0].exact; }
  // Whether everything that was read from the maps before this call was theirs.
  bool intact() const;
  // The key of this in lineages: that of a single map; for several, a hash of their keys and weights.
  // Requires: there is a map.
  Key key() const;

 private:
  std::vector<Match> maps_;
  std::vector<std::uint32_t> parts_;
};

// The sequences without a map.
std::vector<std::size_t> missing(const std::vector<MapBlend>& blends);

}  // namespace memo
