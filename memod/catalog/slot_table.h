// SlotTable: what the store knows of each slot besides what the pool holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "memod/pool/pool.h"

namespace memo {

// Threads: live flags and extents under the catalog's lock; hits from any thread that may read them.
class SlotTable {
 public:
  // Requires: extents come in the order of their indexes.
  void add_extent(std::uint32_t slot_count);

  std::uint32_t extents() const { return static_cast<std::uint32_t>(extents_.size()); }
  std::uint32_t slots(std::uint32_t extent) const { return extents_[extent].count; }

  // Whether the slot holds a memo that lookups may answer.
  bool is_live(SlotId slot) const { return entry(slot).live; }
  void set_live(SlotId slot, bool live);

  void count_hit(SlotId slot) { entry(slot).hits.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t hits(SlotId slot) const { return entry(slot).hits.load(std::memory_order_relaxed); }

  // The slot at `position` of a walk, or the first slot of the next extent when there is none; nothing at the end.
  // Positions are SlotId values, but any number may be asked for.
  bool next(std::uint64_t position, SlotId& slot) const;

 private:
  struct Entry {
    std::atomic<std::uint32_t> hits = 0;
    bool live = false;
  };
  struct Extent {
    std::unique_ptr<Entry[]> entries;
    std::uint32_t count = 0;
  };
  Entry& entry(SlotId slot) const { return extents_[slot.extent()].entries[slot.index()]; }
  std::vector<Extent> extents_;
};

}  // namespace memo
