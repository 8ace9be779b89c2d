#include "memod/catalog/slot_table.h"

namespace memo {

void SlotTable::add_extent(std::uint32_t slot_count) {
  extents_.push_back({std::make_unique<Entry[]>(slot_count), slot_count});
}

void SlotTable::set_live(SlotId slot, bool live) {
  entry(slot).live = live;
  entry(slot).hits.store(0, std::memory_order_relaxed);
}

bool SlotTable::next(std::uint64_t position, SlotId& slot) const {
  const SlotId asked{position};
  if (asked.extent() >= extents()) return false;
  if (asked.index() < slots(asked.extent())) {
    slot = asked;
    return true;
  }
  if (asked.extent() + 1 >= extents()) return false;
  slot = SlotId::make(asked.extent() + 1, 0);
  return true;
}

}  // namespace memo
