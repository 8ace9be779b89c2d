// Recovery: fills the catalog and the free slots of a store that was just opened from its pool.
#pragma once

#include <cstdint>

#include "memod/store/serving/memo_editor.h"
#include "memod/store/state/state.h"

namespace memo {

// It reads the headers of all slots and no payload. It frees slots that are torn or damaged.
//
// Threads: one, before any other thread knows the store. Lifetime: state and editor outlive this.
class Recovery {
 public:
  Recovery(StoreState& state, MemoEditor& editor) : state_(state), editor_(editor) {}

  // Requires: catalog and free slots are empty. Durability: what is freed is persistent on return.
  void run();

 private:
  void recover_extent(std::uint32_t extent);
  void recover_slot(SpaceId space, SlotId slot);
  // False for a damaged header, and for the second of two memos with one key.
  bool recover_live_slot(SpaceCatalog& space, SlotId slot);

  StoreState& state_;
  MemoEditor& editor_;
};

}  // namespace memo
