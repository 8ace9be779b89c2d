#include "model/memo/map_blend.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "model/memo/lineage.h"

namespace memo {

std::vector<std::uint32_t> blend_weights(std::span<const float> distances) {
  // Relative to the nearest, which weighs 1: no distance is too small or too large to be divided by.
  const double nearest = std::max(double{distances[0]}, 1e-30);
  std::vector<double> weights;
  double sum = 0;
  for (const float distance : distances) {
    const double ratio = nearest / std::max(double{distance}, nearest);
    weights.push_back(ratio * ratio * ratio * ratio);
    sum += weights.back();
  }
  std::vector<std::uint32_t> parts;
  std::uint32_t left = kBlendParts;
  for (const double weight : weights) {
    parts.push_back(std::min(left, static_cast<std::uint32_t>(std::lround(kBlendParts * weight / sum))));
    left -= parts.back();
  }
  parts[0] += left;
  return parts;
}

MapBlend::MapBlend(std::vector<Match> maps) {
  if (maps.empty()) return;
  assert(maps.size() <= kMaxBlendedMaps);
  std::vector<float> distances;
  distances.reserve(maps.size());
  for (const Match& map : maps) distances.push_back(map.distance);
  const std::vector<std::uint32_t> parts = blend_weights(distances);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    if (parts[i] == 0) continue;
    maps_.push_back(std::move(maps[i]));
    parts_.push_back(parts[i]);
  }
}

bool MapBlend::intact() const {
  return std::all_of(maps_.begin(), maps_.end(), [](const Match& map) { return map.view.intact(); });
}

Key MapBlend::key() const {
  if (maps_.size() == 1) return maps_[0].key;
  std::vector<BlendShare> shares;
  for (std::size_t i = 0; i < maps_.size(); ++i) shares.push_back({maps_[i].key, parts_[i]});
  return key_of_blend(shares);
}

std::vector<std::size_t> missing(const std::vector<MapBlend>& blends) {
  std::vector<std::size_t> sequences;
  for (std::size_t i = 0; i < blends.size(); ++i)
    if (!blends[i]) sequences.push_back(i);
  return sequences;
}

}  // namespace memo
