// UsageSaver: writes to the pool how often memos were hit, so that the next opening knows it.
#pragma once

#include <chrono>

#include "memod/store/state/growth_lock.h"
#include "memod/store/state/state.h"

namespace memo {

// It does not write at every hit: the words are in the pool's cache lines. Lifetime: the state outlives this.
class UsageSaver {
 public:
  explicit UsageSaver(StoreState& state) : state_(state), saved_(state.opened) {}

  // Once a minute.
  void save_when_due(const GrowthLock& lock);
  // Threads: one at a time.
  void save();

 private:
  StoreState& state_;
  std::chrono::steady_clock::time_point saved_;  // under the growth lock
};

}  // namespace memo
