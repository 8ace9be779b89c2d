// Walks through a store page by page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/store_admin.h"

namespace memo {

using MemoFilter = std::function<bool(const MemoRecord&)>;

// The memos of the store that `wanted` accepts.
Result<std::vector<MemoRecord>> list_memos(StoreAdmin& store, const MemoFilter& wanted);

struct CheckTotal {
  std::uint64_t checked = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> damage;
};
// Reads every memo. With `repair`, erases what is damaged. `progress` is told the number of memos read so far.
Result<CheckTotal> check_all(StoreAdmin& store, bool repair, const std::function<void(std::uint64_t)>& progress);

// Errors: invalid_argument, naming the spaces there are.
Result<SpaceStats> space_stats(StoreAdmin& store, SpaceId id);

}  // namespace memo
