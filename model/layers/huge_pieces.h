// Pieces of memory on huge pages that share slabs: for weights, which are read from end to end in every pass.
#pragma once

#include <cstddef>
#include <memory>

namespace memo {

// At least `bytes` bytes, zero, at a multiple of 64. They stay while the result is held, and the slab that they share
// while any of its pieces is. On 4 KiB pages hardware prefetching stops at each of them, and oneDNN's bf16 products
// took 4 % longer.
// Threads: any. Errors: throws std::bad_alloc.
std::shared_ptr<std::byte> take_huge_piece(std::size_t bytes);

}  // namespace memo
