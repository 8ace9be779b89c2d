// EarlyLookup: asks for the maps of all layers of a batch at once, by key, before the first layer is computed.
//
// Keys follow from the tokens and from the maps that were substituted before (lineage.h). As long as only the
// fixed maps that the policy names are substituted, the keys of all layers are known at the beginning: the store
// is asked once, not once per layer. A sequence that uses a similar map has other keys from there on. The answers
// here do not hold for these keys, and it asks layer by layer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "memo/memo_store.h"
#include "model/memo/lineage.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class EarlyLookup {
 public:
  explicit EarlyLookup(const MemoPlan& plan) : plan_(plan) {}

  // Forgets the previous batch. A store that fails or is away, and layers for which no more views may be held,
  // count as not asked.
  // within: how long to wait for the answer. -> whether the store was asked and answered.
  // Shapes: lineages, lengths [batch].
  bool ask(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths,
           std::chrono::microseconds within);

  // Whether this layer is, or would have been, asked for early in a batch of this many sequences.
  bool covers(std::size_t layer, std::size_t sequences) const { return layer < layers_to_ask(sequences); }

  // Whether the store was asked for `key` at this place; then *match becomes its answer, which is handed out once.
  bool take(std::size_t layer, std::size_t sequence, const Key& key, std::optional<Match>* match);

  // Ends the leases of answers that were not taken.
  void forget();

 private:
  std::size_t layers_to_ask(std::size_t sequences) const;
  void make_items(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths);
  std::vector<LookupRequest> make_requests(std::chrono::microseconds within) const;
  std::size_t place(std::size_t layer, std::size_t sequence) const { return layer * sequences_ + sequence; }

  const MemoPlan& plan_;
  std::size_t sequences_ = 0;
  // [layers asked, batch]; an item of a layer that does not look up is asked for nowhere and stays without a
  // match.
  std::vector<LookupItem> items_;
  std::vector<std::optional<Match>> matches_;
};

}  // namespace memo
