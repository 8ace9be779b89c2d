// MapFinder: looks a batch's maps up, by key and then by similarity.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "memo/memo_store.h"
#include "model/memo/early_lookup.h"
#include "model/memo/layer_input.h"
#include "model/memo/map_blend.h"
#include "model/memo/memo_plan.h"

namespace memo {

// Threads: one at a time. Lifetime: the plan outlives this.
class MapFinder {
 public:
  explicit MapFinder(const MemoPlan& plan) : plan_(plan) {}

  // The maps that stand in for each sequence's own; none where none was found. All are safe to read: the payload
  // has the size of its map, and the map is long enough. When the store fails or is away, there are no maps; this
  // is only counted.
  // early: the answers that the store has already given. Lookups that do not pay, or for which the batch has no
  // time left, are left out and counted (online_selection.h).
  // Requires: the layer has a space. Shapes: -> [batch]
  std::vector<MapBlend> find(const LayerInput& input, EarlyLookup& early) const;

 private:
  using Blends = std::vector<MapBlend>;
  struct Search {
    Blends blends;            // [batch]
    std::vector<bool> asked;  // [batch], by key or by similarity
  };
  // How far a lookup goes beyond the key.
  struct Reach {
    float max_distance = 0;
    std::uint32_t neighbours = 1;
  };
  void run(const LayerInput& input, EarlyLookup& early, Search& search) const;
  // Takes the early answers; -> the sequences to look up by key now.
  Sequences take_early(const LayerInput& input, EarlyLookup& early, Search& search) const;
  // Whether there is time for the lookup, and whether it pays; sequences that are left out are counted.
  static bool in_time(const LayerInput& input, const Sequences& sequences);
  static bool pays(const LayerInput& input, const Sequences& sequences, LayerGate& gate);
  // False: the store did not answer; do not ask it again.
  bool ask_by_key(const LayerInput& input, const Sequences& sequences, Search& search) const;
  void ask_by_similarity(const LayerInput& input, const Sequences& sequences, Search& search) const;
  bool ask(const LayerInput& input, const Sequences& sequences, Reach reach, LayerGate& gate,
           Search& search) const;
  // Fills the blends of `sequences`.
  bool ask_store(const LayerInput& input, const Sequences& sequences, Reach reach, Search& search) const;
  // Keeps those of a sequence's matches that can be read.
  MapBlend take(const LayerInput& input, std::size_t sequence, std::span<std::optional<Match>> found) const;

  const MemoPlan& plan_;
};

// Whether a memo can be read as a map of this shape, for at least `length` tokens (everything from a store is
// checked first).
bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length);

}  // namespace memo
