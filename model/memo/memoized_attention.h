// MemoizedAttention: attention whose maps come from a store where they can.
//
// In a layer of mode lookup each sequence goes one of two ways:
//   hit    only V is projected, and the context is read straight from the stored map; when the memo turns out to
//          have changed meanwhile (View::intact), the sequence is computed after all
//   miss   everything is computed, and the map is published
// The sequences of either way are projected together; a batch that goes one way altogether is not copied.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "model/engine/attention.h"
#include "model/memo/layer_input.h"
#include "model/memo/map_finder.h"
#include "model/memo/map_publisher.h"
#include "model/memo/memo_plan.h"
#include "model/memo/saving_estimate.h"

namespace memo {

// Threads: one object a worker, one thread at a time; the plan is shared.
// Errors: none. Whatever the store does, context() returns a context; counters() tells.
class MemoizedAttention : public Attention {
 public:
  // Lifetime: the plan outlives this.
  explicit MemoizedAttention(MemoPlan& plan);

  // Requires: batch.padded() <= plan.policy().length. Lifetime: the batch lives until the next begin().
  void begin(const TokenBatch& batch) override;
  at::Tensor context(std::int64_t layer, const at::Tensor& hidden) override;

  const std::vector<LayerCounters>& counters() const { return counters_; }  // [layers]
  const PartSeconds& seconds() const { return seconds_; }

 private:
  using Matches = std::vector<std::optional<Match>>;

  at::Tensor computed_layer(const LayerInput& input);
  at::Tensor looked_up_layer(const LayerInput& input);
  at::Tensor fixed_layer(const LayerInput& input);

  // Writes the context of the hits and returns those that were revoked.
  Sequences read_hits(const LayerInput& input, const Sequences& hits, const Matches& matches, at::Tensor& context);
  void count_hit(const LayerInput& input, std::int64_t sequence, const Match& match);
  // Computes the misses: their context in a tensor of its own, [misses, padded, hidden].
  at::Tensor compute_misses(const LayerInput& input, const Sequences& misses);
  // Context of `sequence` from a map. Shapes: value, context [padded, hidden].
  void read_map(const LayerInput& input, std::int64_t sequence, std::span<const std::byte> payload,
                std::uint32_t stored_length, const at::Tensor& value, at::Tensor context) const;
  // Looks for the layer's fixed map in the store, unless it is held already.
  void find_fixed_map(const LayerInput& input);
  void read_fixed_map(const LayerInput& input, std::int64_t sequence, const at::Tensor& value, at::Tensor context);

  MemoPlan& plan_;
  const MapFinder finder_;
  const MapPublisher publisher_;
  const TokenBatch* batch_ = nullptr;
  std::vector<Lineage> lineages_;                // [batch]
  std::vector<LayerCounters> counters_;          // [layers]
  std::vector<SavingEstimate> savings_;          // [layers]
  std::map<std::int64_t, Match> fixed_matches_;  // by layer
  PartSeconds seconds_;
};

}  // namespace memo
