// MemoEditor: erases and pins single memos by their keys.
#pragma once

#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"

namespace memo {

// Threads: any. Lifetime: state and reclaimer outlive this.
class MemoEditor {
 public:
  MemoEditor(StoreState& state, Reclaimer& reclaimer) : state_(state), reclaimer_(reclaimer) {}

  // Both: Errors: invalid_argument for an unknown space, not_found.
  // Durability: from when the slot is free on; a memo that was erased under a lease is back after a crash.
  Status erase(SpaceId space, Layer layer, const Key& key);
  // Durability: persistent on return.
  Status set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned);

 private:
  StoreState& state_;
  Reclaimer& reclaimer_;
};

}  // namespace memo
