#include "client/process/memory_reserve.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace memo {
namespace {

constexpr std::size_t kPieceBytes = 32 << 10;  // small enough to lie on the heap, not in mappings of their own
constexpr std::size_t kPieces = 32;
std::atomic<void*> reserve[kPieces];

// Throws at once, and does not let the allocation try again: it would take what is kept.
[[noreturn]] void give_back() {
  for (std::atomic<void*>& piece : reserve) std::free(piece.exchange(nullptr));
  throw std::bad_alloc();
}

}  // namespace

void keep_memory_for_the_end() {
  for (std::atomic<void*>& piece : reserve) piece = std::malloc(kPieceBytes);
  std::set_new_handler(give_back);
}

}  // namespace memo
