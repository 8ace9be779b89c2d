// MapFinder: looks a batch's maps up, by key and then by similarity.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "client/memo_store.h"
#include "model/memo/early_lookup.h"
#include "model/memo/layer_input.h"
#include "model/memo/map_blend.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class MapFinder {
 public:
  explicit MapFinder(const MemoPlan& plan) : plan_(plan) {}

  // The maps that stand in for each sequence's own, none where there are none. All of them are safe to read: the payload
  // has the size of its map, and the map is long enough. A store that fails or is away means no maps; it is counted,
  // nothing else.
  // early: what the store has answered already.
  // Requires: the layer has a space. Shapes: -> [batch]
  std::vector<MapBlend> find(const LayerInput& input, EarlyLookup& early) const;

 private:
  using Blends = std::vector<MapBlend>;
  // Takes what was answered early; -> the sequences that the store was not asked for.
  Sequences take_early(const LayerInput& input, EarlyLookup& early, Blends& blends) const;
  // Asks by key and, where `neighbours` is not 0, for the nearest. Fills the blends of `sequences`; false when the store
  // did not answer.
  bool ask(const LayerInput& input, const Sequences& sequences, std::uint32_t neighbours, Blends& blends) const;
  // Keeps of what was found for a sequence what can be read.
  MapBlend take(const LayerInput& input, std::size_t sequence, std::span<std::optional<Match>> found) const;

  const MemoPlan& plan_;
};

// Whether a memo can be read as a map of this shape, for at least `length` tokens (what comes from a store is checked
// first).
bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length);

}  // namespace memo
