// The tables of libpmemobj's heap: which chunks of the file are free, and which belong to an object.
#pragma once

#include <cstdint>
#include <vector>

#include "memo/status.h"
#include "memod/store/pool/examine/pool_bytes.h"

namespace memo {

// The whole chunks of one object, its header included.
struct UsedChunks {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t bytes = 0;
  bool has_object_header = false;  // a pmdk::ObjectHeader
};

// All used chunks, by offset.
// Errors: corrupt, naming zone, chunk and field, when libpmemobj could not walk the heap, or would leave it, now
//         or later; and the errors of reading.
Result<std::vector<UsedChunks>> read_heap(const PoolBytes& pool);

// Whether libpmemobj makes a sound heap in a pool of this size. It counts the chunks of the last zone up to the
// pool's end. Where a little less than another zone is left, it counts one or two more chunks than a zone's table
// has room for.
bool is_sound_pool_size(std::uint64_t usable_bytes);

}  // namespace memo
