// MapPublisher: offers computed maps to other processes. The engine encodes them straight into drafts.
#pragma once

#include <optional>
#include <vector>

#include "model/memo/layer_input.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class MapPublisher {
 public:
  explicit MapPublisher(const MemoPlan& plan) : plan_(plan) {}

  // Drafts for the maps of these sequences. Where the store has none, the map will be dropped, which is counted.
  // Shapes: -> [batch]
  std::vector<std::optional<Draft>> prepare(const LayerInput& input, const Sequences& sequences) const;

  // Publishes a draft whose map is computed. feature: may be nowhere. cost_us: what a hit saves.
  void publish(std::size_t layer, Draft draft, const Key& key, std::span<const float> feature,
               std::uint32_t length, float cost_us, LayerCounters& counters) const;

 private:
  const MemoPlan& plan_;
};

}  // namespace memo
