// Copying all memos of a pool into a new one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/memoctl/pools/new_pool.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {

// What is in a pool at one time: copied later, memo by memo, as far as it is still there.
struct Inventory {
  StoreStats stats;
  std::vector<MemoRecord> memos;
};
Result<Inventory> take_inventory(StoreAdmin& store);

// A pool size that fits the memos of these spaces, with little left over.
std::uint64_t size_that_fits(const Inventory& inventory);

struct CopyCounts {
  std::uint64_t memos = 0;
  std::uint64_t bytes = 0;    // of their payloads
  std::uint64_t gone = 0;     // erased, evicted or found damaged by the store meanwhile
  std::uint64_t damaged = 0;  // left out: the payload does not match its checksum
};

// Copies memos with keys, features, times, usage and pins, and the spaces with their quotas. `what` names it in
// the progress bar. Consistent while others use the source: each memo is as it was published.
// Errors: full (the target), and those of the source.
Result<CopyCounts> copy_pool(const OpenPool& source, const Inventory& inventory, Store& target,
                             const std::string& what);

}  // namespace memo
