// MapPublisher: offers computed maps to other processes.
#pragma once

#include "model/memo/layer_input.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class MapPublisher {
 public:
  explicit MapPublisher(const MemoPlan& plan) : plan_(plan) {}

  // Encodes the maps straight into drafts. What the store has no room for is dropped and counted.
  // Shapes: maps [sequences, heads, padded, padded], contiguous. cost_us: what a hit of one of them saves.
  void publish(const LayerInput& input, const Sequences& sequences, const at::Tensor& maps, float cost_us) const;

 private:
  Status publish_one(const LayerInput& input, std::int64_t sequence, const at::Tensor& map, float cost_us) const;

  const MemoPlan& plan_;
};

}  // namespace memo
