// MapFinder: looks a batch's maps up, by key and then by similarity.
#pragma once

#include <optional>
#include <vector>

#include "client/memo_store.h"
#include "model/memo/early_lookup.h"
#include "model/memo/layer_input.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class MapFinder {
 public:
  explicit MapFinder(const MemoPlan& plan) : plan_(plan) {}

  // One match or none for each sequence, all of them safe to read: the payload has the size of its map, and the
  // map is long enough. A store that fails or is away means no matches; it is counted, nothing else.
  // early: what the store has answered already.
  // Requires: the layer has a space.
  std::vector<std::optional<Match>> find(const LayerInput& input, EarlyLookup& early) const;

 private:
  using Matches = std::vector<std::optional<Match>>;
  // Takes what was answered early; -> the sequences that the store was not asked for.
  Sequences take_early(const LayerInput& input, EarlyLookup& early, Matches& matches) const;
  // Fills the matches of `sequences`; false when the store did not answer.
  bool ask(const LayerInput& input, const Sequences& sequences, float max_distance, Matches& matches) const;
  void take(const LayerInput& input, std::size_t sequence, Match found, Matches& matches) const;

  const MemoPlan& plan_;
};

// The sequences without a match.
Sequences missing(const std::vector<std::optional<Match>>& matches);

// Whether a memo can be read as a map of this shape, for at least `length` tokens (what comes from a store is checked
// first).
bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length);

}  // namespace memo
