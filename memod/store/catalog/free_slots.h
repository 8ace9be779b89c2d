// FreeSlots: the free slots of each space, and those of extents that are being emptied.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "memo/types.h"
#include "memod/store/pool/pool.h"

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

  // From here on nobody can claim a slot of the extent; its slots that are free, or become free, are set aside.
  void begin_drain(SpaceId space, std::uint32_t extent);
  // How many slots of the extent are set aside.
  std::size_t drained(std::uint32_t extent) const;
  // Forgets these slots: the extent is gone.
  void end_drain(std::uint32_t extent);
  // Makes these slots claimable again.
  void cancel_drain(SpaceId space, std::uint32_t extent);

  std::size_t memory_bytes() const;

 private:
  std::deque<SlotId>& of(SpaceId space);

  mutable std::mutex mutex_;
  // Under mutex_:
  std::vector<std::deque<SlotId>> by_space_;
  std::map<std::uint32_t, std::vector<SlotId>> drained_;  // by extent
};

}  // namespace memo
