#include "memod/store/upkeep/recovery.h"

#include "memod/store/pool/format/validate.h"

namespace memo {

void Recovery::run() {
  for (const layout::SpaceRecord& record : state_.pool->spaces())
    state_.catalog.add_space(spec_of(record), record.quota_bytes);
  for (std::uint32_t extent = 0; extent < state_.pool->extents().size(); ++extent)
    if (state_.pool->extents()[extent].slot_count > 0) recover_extent(extent);
}

void Recovery::recover_extent(std::uint32_t extent) {
  const layout::ExtentRecord& record = state_.pool->extents()[extent];
  state_.catalog.add_extent(SpaceId{record.space}, extent, record.slot_count, state_.pool->extent_bytes(extent));
  for (std::uint32_t index = 0; index < record.slot_count; ++index)
    recover_slot(SpaceId{record.space}, SlotId::make(extent, index));
}

void Recovery::recover_slot(SpaceId space, SlotId slot) {
  const std::uint64_t word = state_.pool->state_word(slot).load(std::memory_order_relaxed);
  if (layout::state_of(word) != layout::SlotState::free) {
    if (recover_live_slot(*state_.catalog.space(space), slot)) return;
    state_.pool->free_slot(slot);
  }
  state_.free_slots.add(space, slot);
}

// Two memos can have one key: two publishers at once, or a memo that was being moved, may both have been written
// when the process died. Either may have been pinned since; then the first one becomes pinned.
bool Recovery::recover_live_slot(SpaceCatalog& space, SlotId slot) {
  if (!state_.pool->check_slot(slot)) {
    state_.damaged.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const layout::SlotHeader& header = state_.pool->header(slot);
  LayerCatalog& layer = state_.catalog.layer(space, Layer{header.layer});
  const LiveSlot live{.slot = slot,
                      .payload_bytes = header.payload_bytes,
                      .usage = unpack_usage(header.usage),
                      .pinned = state_.pool->is_pinned(slot),
                      .verified = false,
                      .penalized = state_.pool->penalty(slot) != 1};
  const Key key{header.key_high, header.key_low};
  if (state_.catalog.insert(space, layer, key, live)) return true;
  if (live.pinned) (void)editor_.set_pinned(space.id, Layer{header.layer}, key, true);
  return false;
}

}  // namespace memo
