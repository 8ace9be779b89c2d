// FreeSlots: the slots of each space that hold nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "client/types.h"
#include "memod/pool/pool.h"

namespace memo {

// Threads: any.
class FreeSlots {
 public:
  void add(SpaceId space, SlotId slot);
  void add_extent(SpaceId space, std::uint32_t extent, std::uint32_t slot_count);
  // The slot that has been free longest: the later a slot is reused, the longer a view that outlived its daemon
  // stays intact.
  std::optional<SlotId> claim(SpaceId space);
  std::size_t count(SpaceId space) const;

 private:
  std::deque<SlotId>& of(SpaceId space);

  mutable std::mutex mutex_;
  std::vector<std::deque<SlotId>> by_space_;  // under mutex_
};

}  // namespace memo
