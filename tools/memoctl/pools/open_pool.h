// OpenPool: the pool that memoctl looks at, in a running daemon or opened by memoctl itself.
#pragma once

#include <memory>
#include <string>

#include "client/store_admin.h"
#include "memo/attach.h"
#include "memo/memo_store.h"

namespace memo {

class Store;

class OpenPool {
 public:
  // "unix:PATH" or the path of a socket: a running daemon. "file:PATH" or another path: a pool that no daemon has
  // open; nothing is evicted while memoctl has it.
  // Errors: not_found, in_use (with the advice to ask the daemon), unavailable, and what opening a pool may
  // report.
  static Result<OpenPool> open(const std::string& endpoint);

  StoreAdmin& admin() const { return *admin_; }
  // Whether a daemon serves the pool.
  bool is_live() const { return store_ == nullptr; }
  // The same pool as an inference process sees it: what payloads are read with.
  // Errors: unavailable (the daemon does not answer), unsupported.
  Result<std::unique_ptr<MemoStore>> memos() const;

 private:
  OpenPool(Endpoint endpoint, std::shared_ptr<StoreAdmin> admin, std::shared_ptr<Store> store)
      : endpoint_(std::move(endpoint)), admin_(std::move(admin)), store_(std::move(store)) {}

  Endpoint endpoint_;
  std::shared_ptr<StoreAdmin> admin_;
  std::shared_ptr<Store> store_;  // null: a daemon's
};

}  // namespace memo
