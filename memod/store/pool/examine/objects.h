// memod's objects in libpmemobj's heap: the root and the extents.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "memo/status.h"
#include "memod/store/pool/examine/heap.h"
#include "memod/store/pool/format/layout.h"

namespace memo {

// The root, after checking that it lies in chunks of its own.
// Errors: corrupt (there is none, or it lies elsewhere), those of reading.
Result<std::unique_ptr<layout::Root>> read_root(const PoolBytes& pool, std::span<const UsedChunks> used);

// Whether each extent lies in the chunks of the object that its record names, and that object says its size right.
// Requires: validate_tables() found nothing. Errors: corrupt, naming the extent; those of reading.
Status check_extents(const PoolBytes& pool, const layout::Root& root, std::span<const UsedChunks> used);

}  // namespace memo
