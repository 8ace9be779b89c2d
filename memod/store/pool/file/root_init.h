// The first transaction of a new pool.
#pragma once

#include "memo/status.h"
#include "memod/store/pool/format/layout.h"
#include "memod/store/pool/format/pmem.h"

namespace memo {

// Allocates the root, zeroed, and fills it in, in one transaction.
// Requires: the pool has no root yet.
// Errors: full, internal.
Status initialize_root(PMEMobjpool* pool, std::uint64_t pool_bytes);

// Payload bytes of a regular extent: small enough that a pool serves many spaces, large enough that its table of
// extents suffices.
std::uint64_t regular_extent_bytes(std::uint64_t pool_bytes);

}  // namespace memo
