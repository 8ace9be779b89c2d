// StoreHandle: an open store, shared by everything in Python that needs it open: the store object, views, models.
#pragma once

#include <sys/types.h>

#include <memory>

#include "memo/memo_store.h"

namespace memo::python {

// Lifetime: the store is closed when the last handle is gone, which may wait for its threads. A child that was forked
// has none of these threads, so there the store is left as it is.
class StoreHandle {
 public:
  StoreHandle() = default;
  explicit StoreHandle(std::unique_ptr<MemoStore> store);

  // Errors: throws StatusError: unavailable (closed, or opened by the process that this one was forked from).
  MemoStore& open() const;
  bool is_open() const { return store_ != nullptr; }
  // Gives the store up. Other Python threads run while it is closed. Requires: the GIL
  void close();

 private:
  std::shared_ptr<MemoStore> store_;
  pid_t owner_ = 0;
};

}  // namespace memo::python
