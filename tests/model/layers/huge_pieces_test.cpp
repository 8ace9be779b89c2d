#include "model/layers/huge_pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace memo {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

struct Piece {
  std::shared_ptr<std::byte> memory;
  std::size_t bytes;
  int mark;
};

Piece marked_piece(std::size_t bytes, int mark) {
  Piece piece{take_huge_piece(bytes), bytes, mark};
  std::memset(piece.memory.get(), mark, bytes);
  return piece;
}

bool is_all(const Piece& piece, int mark) {
  return std::all_of(piece.memory.get(), piece.memory.get() + piece.bytes,
                     [mark](std::byte byte) { return byte == static_cast<std::byte>(mark); });
}

TEST(HugePieces, AreZeroAndAligned) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{63}, kMegabyte, 9 * kMegabyte + 1}) {
    const Piece piece{take_huge_piece(bytes), bytes, 0};
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.memory.get()) % 64, 0u);
    EXPECT_TRUE(is_all(piece, 0));
  }
}

TEST(HugePieces, DoNotOverlapAcrossSlabs) {
  std::vector<Piece> pieces;
  for (int i = 1; i <= 40; ++i)
    pieces.push_back(marked_piece(static_cast<std::size_t>(i % 7) * kMegabyte / 2 + 100, i));
  for (const Piece& piece : pieces) EXPECT_TRUE(is_all(piece, piece.mark));
}

TEST(HugePieces, StayWhenOthersOfTheirSlabAreGone) {
  Piece first = marked_piece(1000, 1);
  const Piece second = marked_piece(1000, 2);
  first.memory.reset();
  marked_piece(20 * kMegabyte, 3).memory.reset();
  EXPECT_TRUE(is_all(second, 2));
}

TEST(HugePieces, AreTakenByManyThreadsAtOnce) {
  std::vector<std::vector<Piece>> taken(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&taken, t] {
      for (int i = 0; i < 50; ++i) {
        taken[static_cast<std::size_t>(t)].push_back(marked_piece(100'000, 1 + t));
        if (i % 3 == 0) taken[static_cast<std::size_t>(t)].erase(taken[static_cast<std::size_t>(t)].begin());
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& pieces : taken)
    for (const Piece& piece : pieces) EXPECT_TRUE(is_all(piece, piece.mark));
}

}  // namespace
}  // namespace memo
