// The parts of the catalog on their own: usage that fades, what is least valuable, free slots, the table of slots.
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "memod/store/catalog/eviction.h"
#include "memod/store/catalog/free_slots.h"
#include "memod/store/catalog/slot_table.h"
#include "memod/store/catalog/usage.h"

namespace memo::test {
namespace {

constexpr SpaceId kSpace{0};

TEST(Usage, SurvivesPacking) {
  const Usage usage = unpack_usage(pack({.hits = 12.5f, .minute = 28'333'333}));
  EXPECT_EQ(usage.hits, 12.5f);
  EXPECT_EQ(usage.minute, 28'333'333u);
}

TEST(Usage, WordsThatNobodyPackedAreNoUsage) {
  EXPECT_EQ(unpack_usage(pack({.hits = -1, .minute = 5})).hits, 0);
  EXPECT_EQ(unpack_usage(pack({.hits = std::numeric_limits<float>::infinity(), .minute = 5})).hits, 0);
  EXPECT_EQ(unpack_usage(pack({.hits = std::numeric_limits<float>::quiet_NaN(), .minute = 5})).hits, 0);
}

TEST(Decay, HalvesInAHalfLife) {
  const Decay sut(60);
  EXPECT_FLOAT_EQ(sut.hits_at({8, 1000}, 1060), 4);
  EXPECT_FLOAT_EQ(sut.hits_at({8, 1000}, 1180), 1);
  EXPECT_FLOAT_EQ(sut.hit({8, 1000}, 1060).hits, 5);
}

TEST(Decay, ClockThatGoesBackChangesNothing) {
  EXPECT_FLOAT_EQ(Decay(60).hits_at({8, 1000}, 10), 8);
}

TEST(Value, IsBoundedWhateverAClientReports) {
  EXPECT_GT(saved_us(-5, 1), 0);
  EXPECT_LT(saved_us(1e30f, 1), 1e8f);
  EXPECT_GT(saved_us(10, 2), saved_us(10, 1));
}

TEST(LeastValuable, TakesTheSmallestAndNoMoreThanThereAre) {
  const std::vector<MemoValue> memos = {{{1}, 5}, {{2}, 1}, {{3}, 4}, {{4}, 2}};
  std::set<std::uint64_t> least;
  for (const MemoValue& memo : least_valuable(memos, 2)) least.insert(memo.slot.value);
  EXPECT_EQ(least, (std::set<std::uint64_t>{2, 4}));
  EXPECT_EQ(least_valuable(memos, 9).size(), 4u);
  EXPECT_TRUE(least_valuable(memos, 0).empty());
}

TEST(FreeSlots, LongestFreeGoesFirst) {
  FreeSlots sut;
  sut.add_extent(kSpace, 0, 2);
  EXPECT_EQ(sut.claim(kSpace), SlotId::make(0, 0));
  sut.add(kSpace, SlotId::make(0, 0));
  EXPECT_EQ(sut.claim(kSpace), SlotId::make(0, 1));
  EXPECT_EQ(sut.claim(kSpace), SlotId::make(0, 0));
  EXPECT_EQ(sut.claim(kSpace), std::nullopt);
}

TEST(FreeSlots, DrainedExtentIsNotClaimed) {
  FreeSlots sut;
  sut.add_extent(kSpace, 0, 3);
  sut.add_extent(kSpace, 1, 1);
  const SlotId taken = *sut.claim(kSpace);
  sut.begin_drain(kSpace, 0);
  EXPECT_EQ(sut.drained(0), 2u);
  EXPECT_EQ(sut.claim(kSpace), SlotId::make(1, 0));
  EXPECT_EQ(sut.claim(kSpace), std::nullopt);
  sut.add(kSpace, taken);
  EXPECT_EQ(sut.drained(0), 3u);
  EXPECT_EQ(sut.count(kSpace), 0u);
}

TEST(FreeSlots, CancelledDrainGivesItsSlotsBack) {
  FreeSlots sut;
  sut.add_extent(kSpace, 0, 3);
  sut.begin_drain(kSpace, 0);
  sut.cancel_drain(kSpace, 0);
  EXPECT_EQ(sut.count(kSpace), 3u);
  EXPECT_EQ(sut.drained(0), 0u);
}

TEST(SlotTable, VacantExtentsAreWalkedOverAndHoldNothing) {
  SlotTable sut;
  sut.add_extent(0, kSpace, 2);
  sut.add_extent(3, kSpace, 1);
  SlotId slot;
  ASSERT_TRUE(sut.next(2, slot));
  EXPECT_EQ(slot, SlotId::make(3, 0));
  EXPECT_FALSE(sut.next(slot.value + 1, slot));
  EXPECT_FALSE(sut.is_live(SlotId::make(1, 0)));
  EXPECT_FALSE(sut.is_live(SlotId::make(99, 7)));
  sut.remove_extent(0);
  EXPECT_FALSE(sut.is_live(SlotId::make(0, 1)));
  EXPECT_EQ(sut.extents(), 4u);
}

TEST(SlotTable, HitsCountAndFade) {
  SlotTable sut;
  sut.add_extent(0, kSpace, 1);
  const SlotId slot = SlotId::make(0, 0);
  sut.set_live(slot, {1, 1000}, false, true);
  sut.count_hit(slot, Decay(60), 1060);
  EXPECT_EQ(sut.hits(slot), 1u);
  EXPECT_FLOAT_EQ(sut.usage(slot).hits, 1.5f);
}

}  // namespace
}  // namespace memo::test
