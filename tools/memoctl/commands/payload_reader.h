// PayloadReader: payloads as they were published, or none.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "memo/memo_store.h"
#include "tools/memoctl/pools/open_pool.h"

namespace memo {

class PayloadReader {
 public:
  // Lifetime: the pool outlives the reader.
  // Errors: as OpenPool::memos().
  static Result<PayloadReader> open(const OpenPool& pool);

  struct Memo {
    MemoDetail detail;
    std::vector<std::byte> payload;  // whose checksum is the detail's
  };
  // Copies the payload under a lease. Counts as a lookup that hit.
  // Errors: not_found (it is gone), corrupt (its checksum does not match), and those of the store.
  Result<Memo> read(const MemoRecord& record);

 private:
  PayloadReader(const OpenPool& pool, StoreStats stats, std::unique_ptr<MemoStore> memos)
      : admin_(&pool.admin()), stats_(std::move(stats)), memos_(std::move(memos)) {}
  Result<SpaceId> open_space(SpaceId space);
  Result<std::vector<std::byte>> copy(SpaceId space, Layer layer, const Key& key);

  StoreAdmin* admin_;
  StoreStats stats_;
  std::unique_ptr<MemoStore> memos_;
  std::map<SpaceId, SpaceId> opened_;  // the pool's number of a space, and what the store calls it
};

}  // namespace memo
