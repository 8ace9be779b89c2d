// Pieces of memory on huge pages that share slabs. They hold weights, which every pass reads from end to end.
#pragma once

#include <cstddef>
#include <memory>

namespace memo {

// At least `bytes` bytes, zero, at a multiple of 64. They stay while the result is held; a slab stays while any of
// its pieces does. On 4 KiB pages hardware prefetching stops at each of them, and oneDNN's bf16 products took 4 %
// longer.
// Threads: any. Errors: throws std::bad_alloc.
std::shared_ptr<std::byte> take_huge_piece(std::size_t bytes);

}  // namespace memo
