#include "client/attached/draft_area.h"

#include <gtest/gtest.h>

namespace memo {
namespace {

constexpr std::uint64_t kGranule = 64;

TEST(DraftArea, PiecesDoNotOverlap) {
  DraftArea sut(10 * kGranule, kGranule);
  const auto first = sut.allocate(kGranule + 1);
  const auto second = sut.allocate(kGranule);
  ASSERT_TRUE(first && second);
  EXPECT_GE(*second, *first + 2 * kGranule);
}

TEST(DraftArea, WholeAreaCanBeOnePiece) {
  DraftArea sut(10 * kGranule, kGranule);
  EXPECT_EQ(sut.allocate(10 * kGranule), 0u);
  EXPECT_EQ(sut.free_bytes(), 0u);
  EXPECT_FALSE(sut.allocate(1).has_value());
}

TEST(DraftArea, FreedNeighboursJoin) {
  DraftArea sut(4 * kGranule, kGranule);
  const auto a = sut.allocate(2 * kGranule);
  const auto b = sut.allocate(2 * kGranule);
  sut.free(*a, 2 * kGranule);
  sut.free(*b, 2 * kGranule);
  EXPECT_EQ(sut.allocate(4 * kGranule), 0u);
}

TEST(DraftArea, GapThatIsTooSmallIsSkipped) {
  DraftArea sut(6 * kGranule, kGranule);
  const auto gap = sut.allocate(kGranule);
  ASSERT_TRUE(sut.allocate(kGranule).has_value());
  sut.free(*gap, kGranule);
  EXPECT_EQ(sut.allocate(2 * kGranule), 2 * kGranule);
}

TEST(DraftArea, LargerThanTheAreaIsRefused) {
  DraftArea sut(4 * kGranule, kGranule);
  EXPECT_FALSE(sut.allocate(4 * kGranule + 1).has_value());
}

}  // namespace
}  // namespace memo
