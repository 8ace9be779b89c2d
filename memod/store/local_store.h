// LocalStore: MemoStore over a pool that this process opens itself (endpoint file:PATH).
#pragma once

#include <memory>

#include "memo/memo_store.h"
#include "memod/store/store.h"

namespace memo {

// As memo::Store, whose publishes are acknowledged before publish() returns.
// Errors: as Store::open.
Result<std::unique_ptr<MemoStore>> open_local_store(StoreOptions options);

// The same over a store that is already open.
std::unique_ptr<MemoStore> make_local_store(std::shared_ptr<Store> store);

}  // namespace memo
