// The pool's file: finding out what is wrong with one before libpmemobj maps it, creating and opening it.
#pragma once

#include <cstdint>
#include <string>

#include "client/status.h"
#include "memod/pool/pmem.h"

namespace memo {

// Errors: not_found (with what to pass), invalid_argument (not a regular file, no permission), in_use,
//         corrupt (not a pool, damaged, truncated), unsupported (a pool of another program).
Result<PmemPool> open_pool_file(const std::string& path);

// Creates the file with all its space reserved, so that a store into it can never meet a full file system, and
// with an initialized root. It has its name only once it is complete: a crash leaves `PATH.creating` at most, which
// the next attempt removes.
// Errors: invalid_argument (size, folder, permission), full (file system), in_use (being created by another process),
//         already_exists.
Result<PmemPool> create_pool_file(const std::string& path, std::uint64_t bytes);

// Whether the file lies on DAX memory, where a flushed cache line survives a power failure.
bool is_on_dax(const std::string& path);

}  // namespace memo
