// The tables of libpmemobj's heap: which chunks of the file are free, and which an object has.
#pragma once

#include <cstdint>
#include <vector>

#include "memo/status.h"
#include "memod/pool/examine/pool_bytes.h"

namespace memo {

// Whole chunks that one object has, its header included.
struct UsedChunks {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t bytes = 0;
  bool has_object_header = false;  // a pmdk::ObjectHeader
};

// All used chunks, by offset.
// Errors: corrupt, naming zone, chunk and field, when libpmemobj could not walk the heap, or would leave it, then or
//         later; those of reading.
Result<std::vector<UsedChunks>> read_heap(const PoolBytes& pool);

// Whether libpmemobj makes a sound heap in a pool of this size. It counts the chunks of the last zone up to the pool's
// end, and where a little less than another zone is left, that is one or two more than a zone's table has room for.
bool is_sound_pool_size(std::uint64_t usable_bytes);

}  // namespace memo
