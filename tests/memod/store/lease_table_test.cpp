#include "memod/store/leases/lease_table.h"

#include <gtest/gtest.h>

#include <array>

#include "memod/store/leases/leased_slots.h"

namespace memo::test {
namespace {

constexpr std::chrono::minutes kLeaseLimit{1};

class Leases : public testing::Test {
 protected:
  std::array<std::atomic<std::uint64_t>, 4> words_{};
  LeaseTable sut_{words_};
};

TEST_F(Leases, NewTableHoldsNothing) {
  EXPECT_EQ(sut_.held(), 0u);
  EXPECT_FALSE(sut_.holds(0));
}

TEST_F(Leases, GrantedSlotIsHeldUntilReleased) {
  sut_.grant(2, 0, Generation{1});
  EXPECT_TRUE(sut_.holds(0));
  EXPECT_EQ(words_[2].load(), 1u);
  sut_.release(2);
  EXPECT_FALSE(sut_.holds(0));
  EXPECT_EQ(sut_.held(), 0u);
}

TEST_F(Leases, ClientEndsALeaseByClearingItsWord) {
  sut_.grant(1, 7, Generation{3});
  words_[1] = 0;
  EXPECT_FALSE(sut_.holds(7));
}

TEST_F(Leases, WordsThatAClientInventsHoldNothing) {
  for (auto& word : words_) word = 99;
  EXPECT_EQ(sut_.held(), 0u);
  EXPECT_FALSE(sut_.holds(98));
  EXPECT_FALSE(sut_.holds(99));
}

TEST_F(Leases, WordThatAClientChangesStillHoldsTheGrantedSlot) {
  sut_.grant(0, 5, Generation{3});
  words_[0] = 1234;
  EXPECT_TRUE(sut_.holds(5));
  EXPECT_FALSE(sut_.holds(1233));
}

TEST_F(Leases, SlotIsHeldWhileAnyLeaseHoldsIt) {
  sut_.grant(0, 5, Generation{3});
  sut_.grant(3, 5, Generation{3});
  sut_.release(0);
  EXPECT_TRUE(sut_.holds(5));
}

TEST_F(Leases, GrantingAgainReplacesTheLease) {
  sut_.grant(0, 5, Generation{3});
  sut_.grant(0, 6, Generation{3});
  EXPECT_FALSE(sut_.holds(5));
  EXPECT_TRUE(sut_.holds(6));
}

TEST_F(Leases, ErasedSlotsComeBackOnceNoTableHoldsThem) {
  LeasedSlots slots;
  slots.add(sut_);
  sut_.grant(0, 5, Generation{3});
  slots.defer({SpaceId{0}, SlotId{5}});
  slots.defer({SpaceId{0}, SlotId{6}});
  const auto unheld = slots.take_unheld(kLeaseLimit);
  ASSERT_EQ(unheld.size(), 1u);
  EXPECT_EQ(unheld[0].slot, SlotId{6});
  sut_.release(0);
  EXPECT_EQ(slots.take_unheld(kLeaseLimit).size(), 1u);
  EXPECT_TRUE(slots.take_unheld(kLeaseLimit).empty());
}

TEST_F(Leases, LeasesOfARemovedTableCountNoMore) {
  LeasedSlots slots;
  slots.add(sut_);
  sut_.grant(0, 5, Generation{3});
  slots.defer({SpaceId{0}, SlotId{5}});
  slots.remove(sut_);
  EXPECT_EQ(slots.take_unheld(kLeaseLimit).size(), 1u);
}

}  // namespace
}  // namespace memo::test
