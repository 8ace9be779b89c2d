// GrowthLock: the store's growth lock, as an argument: a function that takes one cannot be called without it.
#pragma once

#include <mutex>

namespace memo {

// Held by the one thread that adds spaces and extents, evicts, or empties extents. Only StoreState makes these.
class GrowthLock {
 public:
  GrowthLock(const GrowthLock&) = delete;
  GrowthLock& operator=(const GrowthLock&) = delete;

 private:
  friend struct StoreState;
  explicit GrowthLock(std::mutex& mutex) : lock_(mutex) {}
  const std::lock_guard<std::mutex> lock_;
};

}  // namespace memo
