// Opens a store of either kind by its endpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "memo/memo_store.h"

namespace memo {

// "unix:PATH": attaches to the daemon there, now or as soon as one listens. "file:PATH": opens the pool in this
// process, made with create_bytes when it does not exist (0: it has to exist).
// Requires: emulate_persistent_memory() ran, for file:.
// Errors: as attach() and open_local_store().
Result<std::unique_ptr<MemoStore>> open_store(const std::string& endpoint, std::uint64_t create_bytes);

}  // namespace memo
