// StoreAdmin: inspects a store and maintains it. Implemented by Store (a pool that no daemon has open) and by
// ControlClient (a running daemon); memoctl knows only this.
#pragma once

#include <cstdint>
#include <vector>

#include "client/inspector.h"

namespace memo {

// Everything that the pool says of one memo, except its payload.
struct MemoDetail {
  MemoRecord record;
  float cost_us = 0;  // measured time that a hit saves
  float penalty = 1;  // see Publication
  std::uint64_t payload_checksum = 0;
  std::vector<float> feature;  // [feature_dimension]
};

struct CompactStep {
  std::uint64_t moved = 0;        // memos
  std::uint64_t freed_bytes = 0;  // of extents that went back to the pool
  bool more = false;              // call again
};

class StoreAdmin : public StoreInspector {
 public:
  // Errors: not_found from every method that takes a key, invalid_argument from every method that takes a space.
  virtual Result<MemoDetail> show(SpaceId space, Layer layer, const Key& key) = 0;
  // Makes the memo unfindable, even a pinned one, and frees its slot once no view holds it.
  virtual Status erase(SpaceId space, Layer layer, const Key& key) = 0;
  // A pinned memo is never evicted, also after a restart.
  virtual Status set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) = 0;
  // Evicts up to `memos` of the least valuable memos of the space, not pinned and not leased; returns how many.
  virtual Result<std::uint64_t> evict(SpaceId space, std::uint64_t memos) = 0;
  // The max. bytes of extents that the space may have; 0: no limit. A space above its quota loses its least
  // valuable extents.
  virtual Status set_quota(SpaceId space, std::uint64_t bytes) = 0;
  // Erases a bounded number of the space's memos, even pinned ones, and gives its extents back to the pool. Call
  // it until nothing is left: the space's record then serves the next new space. moved: the memos that were
  // erased.
  // Errors: in_use (sessions have it open).
  virtual Result<CompactStep> drop(SpaceId space) = 0;
  // Empties one extent whose memos fit into the free slots of others, and gives it back to the pool.
  virtual Result<CompactStep> compact() = 0;
};

}  // namespace memo
