// The pool's file: finding out what is wrong with one before libpmemobj maps it, creating and opening it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "client/memory/backing.h"
#include "client/status.h"
#include "memod/pool/pmem.h"

namespace memo {

// The pool's file, or the DAX device that is the pool.
// Errors: as open_pool_file.
Result<BackedFile> inspect_pool_file(const std::string& path);

// Errors: not_found (also a device whose first page is zero), invalid_argument (neither a regular file nor a DAX
//         device, no permission), in_use,
//         corrupt (not a pool, damaged, truncated), unsupported (a pool of another program).
Result<PmemPool> open_pool_file(const std::string& path);

// Creates the file with all its space reserved, so that a store into it can never meet a full file system, and
// with an initialized root. It has its name only once it is complete: a crash leaves `PATH.creating` at most, which
// the next attempt removes. A device is taken whole, whatever `bytes` says, and has no other name: a crash leaves a
// device that open_pool_file() refuses as corrupt until somebody zeroes its first page.
// Errors: invalid_argument (size, folder, permission), full (file system), in_use (being created by another process),
//         already_exists.
Result<PmemPool> create_pool_file(const std::string& path, std::uint64_t bytes);

// Whether the file, or device, is DAX memory, where a flushed cache line survives a power failure.
bool is_on_dax(const std::string& path);

// What the first bytes of a pool say, for tests.
enum class PoolHeader { empty, memod, other_program, foreign };
// Shapes: header [8192]. `empty`: all zeros, as a device is made.
PoolHeader classify_header(std::span<const std::byte> header);

}  // namespace memo
