// EarlyLookup: asks for the maps of all layers of a batch at once, by key, before the first layer is computed.
//
// Keys follow from the tokens and from what was substituted before (lineage.h). As long as nothing is substituted but
// the fixed maps that the policy names, the keys of all layers are known at the beginning: one question to the store
// instead of one a layer. A sequence that meets a similar map on its way has other keys from there on; for them the
// answers here do not count, and it asks again layer by layer.
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

  // Forgets the batch before. A store that fails or is away, and layers beyond what views may be held for, are as if
  // not asked.
  // within: longest wait for the answer. -> whether the store was asked and answered.
  // Shapes: lineages, lengths [batch].
  bool ask(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths,
           std::chrono::microseconds within);

  // Whether this layer is, or would have been, asked for early in a batch of so many sequences.
  bool covers(std::size_t layer, std::size_t sequences) const { return layer < layers_to_ask(sequences); }

  // Whether the store was asked for `key` at this place; then *match becomes its answer, which is handed out once.
  bool take(std::size_t layer, std::size_t sequence, const Key& key, std::optional<Match>* match);

  // Ends the leases of what was not taken.
  void forget();

 private:
  std::size_t layers_to_ask(std::size_t sequences) const;
  void make_items(std::span<const Lineage> lineages, std::span<const std::uint32_t> lengths);
  std::vector<LookupRequest> make_requests(std::chrono::microseconds within) const;
  std::size_t place(std::size_t layer, std::size_t sequence) const { return layer * sequences_ + sequence; }

  const MemoPlan& plan_;
  std::size_t sequences_ = 0;
  // [layers asked, batch]; an item of a layer that does not look up is asked for nowhere and stays without a match.
  std::vector<LookupItem> items_;
  std::vector<std::optional<Match>> matches_;
};

}  // namespace memo
