// RingCells: a ring's doorbell and cells, found in a mapped segment. What both sides of a ring share.
//
// Memory ordering, for both directions:
//
// 1. Publication. The writer fills a cell with plain stores and then stores `phase` with release; the reader loads
//    `phase` with acquire before it copies the cell. `submitted` is stored (release) after the phase of its cell,
//    so a server that has seen a number in `submitted` (acquire) also sees that cell's phase.
// 2. Sleeping (Dekker). Each side writes one word and then reads the other's:
//      sleeper:  sleeps = 1;            look at the condition word;  futex_wait if it has not changed
//      waker:    condition word = new;  look at `sleeps`;            futex_wake if it is 1
//    All four accesses are seq_cst, so they have one total order, and it cannot happen that the sleeper misses the
//    new condition *and* the waker misses sleeps == 1: whichever store comes second in that order is followed by a
//    load that sees the first. Release and acquire alone would let both loads pass the stores before them, and the
//    wake-up would be lost. (Fences would do as well, but ThreadSanitizer does not understand them.) If the
//    waker's system call comes before the sleeper's, the kernel's own comparison of the futex word sends the
//    sleeper back.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "client/protocol/segment.h"

namespace memo {

class RingCells {
 public:
  // Requires: memory is page aligned, shape.total_bytes() long, zeroed before the first use, and outlives this.
  RingCells(std::span<std::byte> memory, const segment::RingShape& shape) : base_(memory.data()), shape_(shape) {
    assert(memory.size() >= shape.total_bytes());
  }

  const segment::RingShape& shape() const { return shape_; }

  segment::Doorbell& doorbell() const { return *reinterpret_cast<segment::Doorbell*>(base_); }

  // The cell of request `number`.
  segment::CellHeader& header(std::uint32_t number) const {
    return *reinterpret_cast<segment::CellHeader*>(cell(number));
  }
  std::span<std::byte> request(std::uint32_t number) const {
    return {cell(number) + sizeof(segment::CellHeader), shape_.request_bytes};
  }
  std::span<std::byte> reply(std::uint32_t number) const {
    return {cell(number) + shape_.reply_offset(), shape_.reply_bytes};
  }

  static constexpr std::uint32_t request_phase(std::uint32_t number) { return 2 * number + 1; }
  static constexpr std::uint32_t reply_phase(std::uint32_t number) { return 2 * number + 2; }

 private:
  std::byte* cell(std::uint32_t number) const {
    return base_ + sizeof(segment::Doorbell) + (number % shape_.cells) * shape_.cell_bytes();
  }

  std::byte* base_;
  segment::RingShape shape_;
};

}  // namespace memo
