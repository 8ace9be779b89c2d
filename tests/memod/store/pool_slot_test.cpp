#include <cstddef>
#include <set>

#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

class PoolSlots : public PoolFixture {
 protected:
  PoolSlots() {
    space_ = pool_->add_space(small_space()).value();
    slot_ = SlotId::make(pool_->add_extent(space_).value(), 0);
  }
  void reopen() {
    pool_.reset();
    pool_ = std::move(try_open()).value();
  }
  layout::SlotState state() const { return layout::state_of(pool_->header(slot_).state_word); }

  std::unique_ptr<Pool> pool_ = create();
  SpaceId space_{};
  SlotId slot_;
};

TEST_F(PoolSlots, NewSlotsAreFree) {
  EXPECT_EQ(state(), layout::SlotState::free);
}

TEST_F(PoolSlots, GenerationsOfEveryExtentStartElsewhere) {
  const std::uint32_t other = pool_->add_extent(space_).value();
  EXPECT_NE(pool_->header(SlotId::make(other, 0)).state_word, pool_->header(slot_).state_word);
}

TEST_F(PoolSlots, NoSlotOfALaterExtentHasAnEarlierGeneration) {
  std::set<std::uint64_t> words;
  for (int i = 0; i < 20; ++i) {
    const SlotId first = SlotId::make(pool_->add_extent(space_).value(), 0);
    EXPECT_TRUE(words.insert(static_cast<std::uint64_t>(write_memo(*pool_, first, 1))).second);
    pool_->free_slot(first);
    ASSERT_TRUE(pool_->remove_extent(first.extent()).is_ok());
  }
}

TEST_F(PoolSlots, RemovedExtentLeavesItsRoomAndItsEntry) {
  std::uint32_t extents = 1;
  while (pool_->add_extent(space_)) ++extents;
  ASSERT_EQ(pool_->add_extent(space_).status().code(), StatusCode::full);
  ASSERT_TRUE(pool_->remove_extent(2).is_ok());
  EXPECT_EQ(pool_->extents()[2].slot_count, 0u);
  const SpaceId other = pool_->add_space(small_space(1 << 18)).value();
  const auto added = pool_->add_extent(other);
  ASSERT_TRUE(added.is_ok()) << added.status().message();
  EXPECT_EQ(*added, 2u);
  EXPECT_EQ(pool_->extents().size(), extents);
}

TEST_F(PoolSlots, RemovedExtentIsGoneAfterReopening) {
  ASSERT_TRUE(pool_->add_extent(space_).is_ok());
  ASSERT_TRUE(pool_->remove_extent(slot_.extent()).is_ok());
  pool_.reset();
  pool_ = std::move(try_open()).value();
  EXPECT_EQ(pool_->extents()[slot_.extent()].slot_count, 0u);
  EXPECT_GT(pool_->extents()[slot_.extent() + 1].slot_count, 0u);
}

TEST_F(PoolSlots, ExtentKeepsToItsLargestSize) {
  const std::uint32_t extent = pool_->add_extent(space_, layout::kMinExtentBytes).value();
  EXPECT_EQ(pool_->extent_bytes(extent), layout::kMinExtentBytes);
  EXPECT_EQ(pool_->add_extent(space_, layout::kMinExtentBytes - 1).status().code(), StatusCode::full);
}

TEST_F(PoolSlots, PinAndUsageLastAndLeaveTheMemoIntact) {
  write_memo(*pool_, slot_, 5);
  pool_->set_pinned(slot_, true);
  pool_->note_usage(slot_, 77);
  reopen();
  EXPECT_TRUE(pool_->is_pinned(slot_));
  EXPECT_EQ(pool_->header(slot_).usage, 77u);
  EXPECT_TRUE(pool_->check_slot(slot_).is_ok());
}

TEST_F(PoolSlots, QuotaLasts) {
  pool_->set_quota(space_, 12345);
  reopen();
  EXPECT_EQ(pool_->spaces()[0].quota_bytes, 12345u);
}

TEST_F(PoolSlots, WrittenSlotIsLiveWithItsContentAfterReopening) {
  write_memo(*pool_, slot_, 5);
  reopen();
  EXPECT_EQ(state(), layout::SlotState::live);
  EXPECT_TRUE(pool_->check_slot(slot_).is_ok());
  EXPECT_TRUE(equal(pool_->payload(slot_), payload_of(5, 4096)));
  const auto feature = pool_->feature(slot_);
  EXPECT_EQ(std::vector<float>(feature.begin(), feature.end()), feature_of(5));
  const layout::SlotHeader& header = pool_->header(slot_);
  EXPECT_EQ(header.key_low, 5u);
  EXPECT_EQ(header.layer, 2u);
  EXPECT_EQ(header.length, 100u);
  EXPECT_EQ(header.created_unix_ns, 77);
  EXPECT_EQ(header.payload_checksum, Pool::checksum(payload_of(5, 4096)));
}

TEST_F(PoolSlots, GenerationIsTheStateWordAndChangesWithEveryUse) {
  const Generation first = write_memo(*pool_, slot_, 5);
  EXPECT_EQ(pool_->state_word(slot_).load(), static_cast<std::uint64_t>(first));
  pool_->free_slot(slot_);
  EXPECT_EQ(state(), layout::SlotState::free);
  EXPECT_NE(pool_->state_word(slot_).load(), static_cast<std::uint64_t>(first));
  EXPECT_NE(write_memo(*pool_, slot_, 5), first);
}

TEST_F(PoolSlots, OffsetsAreFileOffsets) {
  write_memo(*pool_, slot_, 5);
  const std::uint64_t payload_offset = pool_->payload_offset(slot_);
  const std::uint64_t word_offset = pool_->state_word_offset(slot_);
  const std::uint64_t word = pool_->header(slot_).state_word;
  pool_.reset();
  const int file = open(path().c_str(), O_RDONLY);
  std::vector<std::byte> payload(4096);
  std::uint64_t stored_word = 0;
  ASSERT_EQ(pread(file, payload.data(), payload.size(), static_cast<off_t>(payload_offset)), 4096);
  ASSERT_EQ(pread(file, &stored_word, sizeof(word), static_cast<off_t>(word_offset)), 8);
  close(file);
  EXPECT_TRUE(equal(payload, payload_of(5, 4096)));
  EXPECT_EQ(stored_word, word);
}

TEST_F(PoolSlots, DamagedHeaderFailsItsCheck) {
  write_memo(*pool_, slot_, 5);
  const std::uint64_t header = pool_->state_word_offset(slot_);
  pool_.reset();
  overwrite(header + offsetof(layout::SlotHeader, length), std::uint32_t{101});
  reopen();
  EXPECT_EQ(pool_->check_slot(slot_).code(), StatusCode::corrupt);
}

TEST_F(PoolSlots, DamagedFeatureFailsItsCheck) {
  write_memo(*pool_, slot_, 5);
  const auto offset = reinterpret_cast<const std::byte*>(pool_->feature(slot_).data()) - pool_->base();
  pool_.reset();
  overwrite(static_cast<std::uint64_t>(offset), 3.0f);
  reopen();
  EXPECT_NE(pool_->check_slot(slot_).message().find("feature"), std::string::npos);
}

TEST_F(PoolSlots, ExtentsShrinkUntilThePoolIsFull) {
  path_ = folder_.file("larger");  // its regular extents are of 6 MiB, and leave a rest
  pool_ = std::move(try_open(387ull << 20)).value();
  space_ = pool_->add_space(small_space()).value();
  std::uint32_t smallest = ~0u, largest = 0;
  Result<std::uint32_t> extent = pool_->add_extent(space_);
  for (; extent; extent = pool_->add_extent(space_)) {
    const std::uint32_t slots = pool_->extents()[*extent].slot_count;
    smallest = std::min(smallest, slots);
    largest = std::max(largest, slots);
  }
  EXPECT_EQ(extent.status().code(), StatusCode::full);
  EXPECT_LT(smallest, largest);
  reopen();
  EXPECT_EQ(pool_->extents().back().slot_count, smallest);
}

TEST_F(PoolSlots, SpacesEndAtTheirLimit) {
  for (std::uint32_t i = 1; i < layout::kMaxSpaces; ++i) ASSERT_TRUE(pool_->add_space(small_space(i)).is_ok());
  EXPECT_EQ(pool_->add_space(small_space(9999)).status().code(), StatusCode::full);
}

TEST_F(PoolSlots, PrefaultChangesNoByte) {
  write_memo(*pool_, slot_, 5);
  pool_->prefault(slot_.extent(), 0, ~std::uint64_t{0} >> 1);
  EXPECT_TRUE(equal(pool_->payload(slot_), payload_of(5, 4096)));
}

TEST_F(PoolSlots, PayloadsOfALargeExtentStartOnAHugePage) {
  pool_.reset();
  path_ = folder_.file("large");
  pool_ = std::move(try_open(96ull << 20)).value();
  const SpaceId space = pool_->add_space(small_space(40 << 20)).value();
  const auto extent = pool_->add_extent(space);
  ASSERT_TRUE(extent.is_ok());
  EXPECT_EQ(pool_->extents()[*extent].payload_start % layout::kPayloadAlignment, 0u);
}

}  // namespace
}  // namespace memo::test
