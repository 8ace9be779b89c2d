// BlendSimilarity: how near blends of stored maps come to the computed map, layer by layer.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/layers/huge_buffer.h"
#include "model/memo/memoized_attention.h"

namespace memo {

// [heads, length, length] f32, contiguous.
using DenseMap = std::vector<float>;

// A map of `stored_length` tokens cut to `length`, rows scaled to sum to 1.
DenseMap crop(DenseMap map, std::uint32_t stored_length, std::uint32_t length);
DenseMap decode_cropped(std::span<const std::byte> payload, MapShape shape, std::uint32_t length);
// 1 - mean over rows of half the sum of |a - b|.
double map_similarity(std::span<const float> a, std::span<const float> b, std::uint32_t length);

// A way to weigh maps by their distances, nearest first; not normalized.
struct Weighting {
  std::string name;
  std::function<std::vector<double>(std::span<const float> distances)> weights;
};
std::vector<Weighting> blend_weightings();

// An AttentionSource that computes everything, and compares every map with blends of the nearest ones of a store.
// Threads: as AttentionSource; of one engine.
class BlendSimilarity : public AttentionSource {
 public:
  // counts: of maps in a blend, ascending, kMaxNeighbours at most. averages: by layer, of the plan's length;
  // compared, too. Requires: every layer of the plan looks up with all heads. Lifetime: all outlive this.
  BlendSimilarity(MemoPlan& plan, std::vector<std::uint32_t> counts, const std::vector<DenseMap>& averages);

  void begin(TokenSequences batch) override;
  LayerAttention prepare(std::size_t layer, const LayerStates& states) override;
  bool intact(std::size_t) const override { return true; }
  void finish(std::size_t layer, std::span<const SequenceOutcome> outcomes) override;

  // By layer: sequences, distance of the nearest, average {similarity}, {weighting: {count: similarity}}.
  nlohmann::ordered_json summary() const;

 private:
  struct Sums {
    std::uint64_t sequences = 0;
    double distance = 0;
    double average = 0;
    std::vector<double> blends;  // [weightings, counts]
  };

  Sums compare(std::size_t layer, std::size_t sequence) const;
  MapShape shape(std::size_t sequence) const { return {heads_, lengths_[sequence], MapEncoding::f32}; }

  MemoPlan& plan_;
  const std::vector<std::uint32_t> counts_;
  const std::vector<DenseMap>& averages_;
  const std::vector<Weighting> weightings_ = blend_weightings();
  const std::uint32_t heads_;
  const std::vector<HeadMode> modes_;
  std::vector<std::uint32_t> lengths_;         // [batch]
  std::vector<HugeBuffer> buffers_;            // [batch]
  std::vector<std::span<std::byte>> kept_;     // [batch], in buffers_: computed maps of the current layer
  std::vector<std::optional<Match>> matches_;  // [batch, counts_.back()]
  std::vector<Sums> sums_;                     // [layers]
};

}  // namespace memo
