// Opening what memoctl looks at, and walking through it page by page.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/store_admin.h"

namespace memo {

// "unix:PATH" or the path of a socket: a running daemon. "file:PATH" or another path: a pool that no daemon has open.
// Errors: not_found, in_use (with the advice to ask the daemon), unavailable, and what opening a pool may report.
Result<std::unique_ptr<StoreAdmin>> open_inspector(const std::string& endpoint);

// Every memo of the store.
Result<std::vector<MemoRecord>> list_all(StoreAdmin& store);

struct CheckTotal {
  std::uint64_t checked = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> damage;
};
// Reads every memo. `progress` is told the number of memos read so far.
Result<CheckTotal> check_all(StoreAdmin& store, const std::function<void(std::uint64_t)>& progress);

}  // namespace memo
