// SlotTable: what the store knows of each slot beyond what the pool holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "memod/store/catalog/usage.h"
#include "memod/store/pool/pool.h"

namespace memo {

// Threads: call everything under the catalog's lock: exclusive to change extents, live or pinned, else shared.
class SlotTable {
 public:
  // Requires: there is no such extent.
  void add_extent(std::uint32_t extent, SpaceId space, std::uint32_t slot_count);
  // Requires: none of its slots is live.
  void remove_extent(std::uint32_t extent);

  // The number of entries, vacant ones (0 slots) included.
  std::uint32_t extents() const { return static_cast<std::uint32_t>(extents_.size()); }
  std::uint32_t slots(std::uint32_t extent) const { return extents_[extent].count; }
  SpaceId space(std::uint32_t extent) const { return extents_[extent].space; }

  bool exists(SlotId slot) const { return slot.extent() < extents() && slot.index() < slots(slot.extent()); }
  // Whether the slot holds a memo that lookups may answer. Any number may be asked for.
  bool is_live(SlotId slot) const { return exists(slot) && entry(slot).live; }

  // Requires, here and below: the slot exists.
  void set_live(SlotId slot, Usage usage, bool pinned, bool verified);
  void set_free(SlotId slot) { entry(slot).live = false; }

  bool is_pinned(SlotId slot) const { return entry(slot).pinned; }
  void set_pinned(SlotId slot, bool pinned) { entry(slot).pinned = pinned; }

  // Whether the payload was found to match its checksum since the pool was opened.
  bool is_verified(SlotId slot) const { return entry(slot).verified.load(std::memory_order_relaxed); }
  void set_verified(SlotId slot) { entry(slot).verified.store(true, std::memory_order_relaxed); }

  void count_hit(SlotId slot, const Decay& decay, std::uint32_t minute);
  std::uint32_t hits(SlotId slot) const { return entry(slot).hits.load(std::memory_order_relaxed); }
  Usage usage(SlotId slot) const { return unpack_usage(entry(slot).usage.load(std::memory_order_relaxed)); }

  // The slot at `position` of a walk, or the first slot of the next extent when there is none; nothing at the end.
  // Positions are SlotId values, but any number may be asked for.
  bool next(std::uint64_t position, SlotId& slot) const;

  std::size_t memory_bytes() const;

 private:
  struct Entry {
    std::atomic<std::uint64_t> usage = 0;
    std::atomic<std::uint32_t> hits = 0;  // since the pool was opened
    std::atomic<bool> verified = false;
    bool live = false;
    bool pinned = false;
  };
  struct Extent {
    std::unique_ptr<Entry[]> entries;
    SpaceId space{};
    std::uint32_t count = 0;
  };
  Entry& entry(SlotId slot) const { return extents_[slot.extent()].entries[slot.index()]; }

  std::vector<Extent> extents_;
};

}  // namespace memo
