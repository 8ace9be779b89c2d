#include "memod/store/catalog/slot_table.h"

#include <algorithm>
#include <cassert>

namespace memo {

void SlotTable::add_extent(std::uint32_t extent, SpaceId space, std::uint32_t slot_count) {
  extents_.resize(std::max<std::size_t>(extents_.size(), extent + std::size_t{1}));
  assert(extents_[extent].count == 0);
  extents_[extent] = {std::make_unique<Entry[]>(slot_count), space, slot_count};
}

void SlotTable::remove_extent(std::uint32_t extent) {
  extents_[extent] = {};
}

void SlotTable::set_live(SlotId slot, Usage usage, bool pinned, bool verified) {
  Entry& entry = this->entry(slot);
  entry.live = true;
  entry.pinned = pinned;
  entry.verified.store(verified, std::memory_order_relaxed);
  entry.hits.store(0, std::memory_order_relaxed);
  entry.usage.store(pack(usage), std::memory_order_relaxed);
}

void SlotTable::count_hit(SlotId slot, const Decay& decay, std::uint32_t minute) {
  Entry& entry = this->entry(slot);
  entry.hits.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t word = entry.usage.load(std::memory_order_relaxed);
  while (!entry.usage.compare_exchange_weak(word, pack(decay.hit(unpack_usage(word), minute)),
                                            std::memory_order_relaxed)) {
  }
}

bool SlotTable::next(std::uint64_t position, SlotId& slot) const {
  slot = SlotId{position};
  while (slot.extent() < extents()) {
    if (slot.index() < slots(slot.extent())) return true;
    slot = SlotId::make(slot.extent() + 1, 0);
  }
  return false;
}

std::size_t SlotTable::memory_bytes() const {
  std::size_t bytes = extents_.capacity() * sizeof(Extent);
  for (const Extent& extent : extents_) bytes += extent.count * sizeof(Entry);
  return bytes;
}

}  // namespace memo
