// How a pool's room is used: the room that memos leave free in the extents of their space.
#pragma once

#include <cstdint>

#include "client/inspector.h"

namespace memo {

// Slots that hold no memo.
inline std::uint64_t free_slots(const SpaceStats& space) {
  return space.slots > space.memos ? space.slots - space.memos : 0;
}

// Bytes of free slots: reserved for the space, and no other space can have them before `memoctl compact`.
inline std::uint64_t stranded_bytes(const SpaceStats& space) {
  if (space.slots == 0) return 0;
  return static_cast<std::uint64_t>(
      static_cast<double>(free_slots(space)) *
      (static_cast<double>(space.reserved_bytes) / static_cast<double>(space.slots)));
}

inline std::uint64_t stranded_bytes(const StoreStats& stats) {
  std::uint64_t bytes = 0;
  for (const SpaceStats& space : stats.spaces) bytes += stranded_bytes(space);
  return bytes;
}

}  // namespace memo
