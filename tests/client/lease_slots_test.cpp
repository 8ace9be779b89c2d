#include "client/attached/lease_slots.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace memo {
namespace {

TEST(LeaseSlots, GivesEachEntryOnce) {
  std::vector<std::atomic<std::uint64_t>> words(8);
  LeaseSlots sut(words);
  std::array<std::uint32_t, 8> all;
  ASSERT_TRUE(sut.take(all));
  EXPECT_EQ(std::set<std::uint32_t>(all.begin(), all.end()).size(), 8u);
}

TEST(LeaseSlots, TooManyTakesNone) {
  std::vector<std::atomic<std::uint64_t>> words(8);
  LeaseSlots sut(words);
  std::array<std::uint32_t, 9> too_many;
  EXPECT_FALSE(sut.take(too_many));
  EXPECT_EQ(sut.free_count(), 8u);
}

TEST(LeaseSlots, GivingBackClearsTheWord) {
  std::vector<std::atomic<std::uint64_t>> words(1);
  LeaseSlots sut(words);
  std::array<std::uint32_t, 1> one;
  ASSERT_TRUE(sut.take(one));
  words[0] = 77;
  sut.give_back(one[0]);
  EXPECT_EQ(words[0], 0u);
  EXPECT_TRUE(sut.take(one));
}

}  // namespace
}  // namespace memo
