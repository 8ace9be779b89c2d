// The pool's file: creates it, opens it, and finds out what is wrong with it before libpmemobj maps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "client/memory/backing.h"
#include "client/protocol/unique_fd.h"
#include "memo/status.h"
#include "memod/store/pool/format/pmem.h"

namespace memo {

// An open pool. It stays this file, even when its name comes to mean another.
struct PoolFile {
  UniqueFd descriptor;  // for reading and writing; the lock is libpmemobj's
  BackedFile backing;
  PmemPool pool;
};

// Errors: not_found (also a device whose first page is zero), invalid_argument (a symbolic link, neither a regular
//         file nor a DAX device, another user's, written by others, no permission), in_use,
//         corrupt (not a pool, damaged, truncated), unsupported (a pool of another program),
//         full (the file has holes, and the file system no room for them).
// A pool that is refused is left as it is.
Result<PoolFile> open_pool_file(const std::string& path);

// Creates the file with all its space reserved, so that a store into it can never meet a full file system, and
// with an initialized root. It has its name only once it is complete: a crash leaves `PATH.creating` at most,
// which the next attempt removes. A device is taken whole, without regard to `bytes`, and has no other name: a
// crash leaves a device that open_pool_file() refuses as corrupt until somebody zeroes its first page.
// Errors: invalid_argument (size, folder, permission, something else at `PATH.creating`), full (file system),
//         in_use (being created by another process), already_exists.
Result<PoolFile> create_pool_file(const std::string& path, std::uint64_t bytes);

// Whether the file, or device, is DAX memory, where a flushed cache line survives a power failure.
bool is_on_dax(const std::string& path);
bool is_on_dax(int descriptor);

// What the file lies on, and how large it is. Errors: of inspect_file(), naming the path.
Result<BackedFile> inspect_pool_file(const std::string& path, int descriptor);

// Errors: corrupt (shorter than any pool: it has lost its end).
Status check_pool_size(const std::string& path, std::uint64_t bytes);

// Checks the room for memory that libpmemobj allocates when it maps the file: it does not check that itself.
// Errors: full, naming what is missing.
Status check_address_space(const std::string& path, std::uint64_t bytes);

// What the first bytes of a pool say, for tests.
enum class PoolHeader { empty, memod, other_program, foreign };
// Shapes: header [8192]. `empty`: all zeros, as a device is made.
PoolHeader classify_header(std::span<const std::byte> header);

}  // namespace memo
