// KeyMap over a pool: keys are only in the headers.
#include "memod/store/catalog/key_map.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

class KeyMapOverPool : public PoolFixture {
 protected:
  static constexpr std::uint64_t kMemos = 40;

  KeyMapOverPool() {
    const SpaceId space = pool_->add_space(small_space()).value();
    extent_ = pool_->add_extent(space).value();
    for (std::uint64_t number = 0; number < kMemos; ++number) {
      write_memo(*pool_, slot(number), number);
      EXPECT_TRUE(sut_.insert(key_of(number), slot(number)));
    }
  }
  SlotId slot(std::uint64_t number) const { return SlotId::make(extent_, static_cast<std::uint32_t>(number)); }

  std::unique_ptr<Pool> pool_ = create();
  std::uint32_t extent_ = 0;
  KeyMap sut_{*pool_, 99};
};

TEST_F(KeyMapOverPool, FindsEveryKeyAndNoOther) {
  EXPECT_EQ(sut_.size(), kMemos);
  for (std::uint64_t number = 0; number < kMemos; ++number) EXPECT_EQ(sut_.find(key_of(number)), slot(number));
  EXPECT_EQ(sut_.find(key_of(kMemos)), std::nullopt);
  EXPECT_EQ(sut_.find({0xfeee, 3}), std::nullopt);
}

TEST_F(KeyMapOverPool, RefusesAKeyThatIsThere) {
  write_memo(*pool_, slot(kMemos), 7);
  EXPECT_FALSE(sut_.insert(key_of(7), slot(kMemos)));
  EXPECT_EQ(sut_.find(key_of(7)), slot(7));
}

TEST_F(KeyMapOverPool, ErasesOnce) {
  EXPECT_EQ(sut_.erase(key_of(7)), slot(7));
  EXPECT_EQ(sut_.erase(key_of(7)), std::nullopt);
  EXPECT_EQ(sut_.find(key_of(7)), std::nullopt);
  EXPECT_EQ(sut_.size(), kMemos - 1);
}

TEST_F(KeyMapOverPool, ErasesASlotWhoseHeaderHasLostItsKey) {
  EXPECT_TRUE(sut_.erase(slot(7)));
  EXPECT_FALSE(sut_.erase(slot(7)));
  EXPECT_EQ(sut_.find(key_of(7)), std::nullopt);
  EXPECT_EQ(sut_.find(key_of(8)), slot(8));
  EXPECT_EQ(sut_.size(), kMemos - 1);
}

TEST_F(KeyMapOverPool, LeadsToAMovedMemoOnlyFromWhereItWas) {
  write_memo(*pool_, slot(kMemos), 7);
  EXPECT_FALSE(sut_.replace(key_of(7), slot(8), slot(kMemos)));
  EXPECT_TRUE(sut_.replace(key_of(7), slot(7), slot(kMemos)));
  EXPECT_EQ(sut_.find(key_of(7)), slot(kMemos));
}

TEST_F(KeyMapOverPool, VisitsEverySlotOnce) {
  std::multiset<SlotId> visited, expected;
  sut_.for_each([&](SlotId slot) { visited.insert(slot); });
  for (std::uint64_t number = 0; number < kMemos; ++number) expected.insert(slot(number));
  EXPECT_EQ(visited, expected);
}

}  // namespace
}  // namespace memo::test
