// A copy that hashes: for every size, alignment and instruction set, and while somebody changes the source.
#include "memod/store/pool/hashed_copy.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <set>
#include <thread>

#include "tests/support/changing_memory.h"
#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

// At least so many rounds, and until the source has changed between two: on a busy machine who changes it waits, too.
bool may_go_on(int round, int least, const std::set<std::uint64_t>& seen) {
  constexpr int kMost = 1'000'000;
  std::this_thread::yield();
  return round < least || (seen.size() < 2 && round < kMost);
}

class HashedCopy : public testing::TestWithParam<NamedStream> {
 protected:
  static constexpr std::size_t kLargest = 16'384;
  static constexpr std::byte kUntouched{0xa5};

  // `bytes` bytes from `offset` on arrive, with zeros behind them to the end of the line and nothing beyond it.
  void expect_copy(std::size_t bytes, std::size_t offset) {
    const std::span<const std::byte> source(source_.data() + offset, bytes);
    std::fill(target_.begin(), target_.end(), kUntouched);
    std::byte* const target = aligned(target_);
    const std::uint64_t hash = hashed_copy(target, source, GetParam().stream);
    ASSERT_EQ(hash, XXH3_64bits(source.data(), bytes)) << bytes << " bytes at " << offset;
    ASSERT_TRUE(equal({target, bytes}, source)) << bytes << " bytes at " << offset;
    const std::size_t end = (bytes + 63) / 64 * 64;
    for (std::size_t i = bytes; i < end; ++i) ASSERT_EQ(target[i], std::byte{0}) << bytes << " bytes";
    ASSERT_EQ(target[end], kUntouched) << bytes << " bytes";
  }

  static std::byte* aligned(std::vector<std::byte>& memory) {
    return memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
  }

  std::vector<std::byte> source_ = payload_of(1, kLargest + 64);
  std::vector<std::byte> target_ = std::vector<std::byte>(kLargest + 256);
};

TEST_P(HashedCopy, EqualsACopyAndAHashForAllSizesUpToFourPages) {
  for (std::size_t bytes = 0; bytes <= kLargest; ++bytes)
    ASSERT_NO_FATAL_FAILURE(expect_copy(bytes, bytes * 7 % 64));
}

TEST_P(HashedCopy, SourceMayHaveAnyAlignment) {
  for (const std::size_t bytes : {1u, 64u, 240u, 241u, 256u, 1023u, 1024u, 1025u, 4096u, 12'345u})
    for (std::size_t offset = 0; offset < 64; ++offset) ASSERT_NO_FATAL_FAILURE(expect_copy(bytes, offset));
}

TEST_P(HashedCopy, LargePayloadsAgreeToo) {
  for (const std::size_t bytes : {std::size_t{196'608}, std::size_t{202'753}, std::size_t{3 << 20}}) {
    const auto source = payload_of(2, bytes);
    std::vector<std::byte> memory(bytes + 128);
    std::byte* const target = aligned(memory);
    EXPECT_EQ(hashed_copy(target, source, GetParam().stream), XXH3_64bits(source.data(), bytes));
    EXPECT_TRUE(equal({target, bytes}, source));
  }
}

TEST_P(HashedCopy, HashIsOfWhatWasStoredWhileTheSourceChanges) {
  const std::size_t bytes = 65'000;
  const ChangingMemory source(bytes);
  std::vector<std::byte> memory(bytes + 128);
  std::byte* const target = aligned(memory);
  std::set<std::uint64_t> hashes;
  for (int i = 0; may_go_on(i, 500, hashes); ++i) {
    const std::uint64_t hash = hashed_copy(target, source.bytes(), GetParam().stream);
    ASSERT_EQ(hash, XXH3_64bits(target, bytes));
    hashes.insert(hash);
  }
  EXPECT_GT(hashes.size(), 1u) << "the source has not changed";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HashedCopy);  // a CPU with neither
INSTANTIATE_TEST_SUITE_P(Kinds, HashedCopy, testing::ValuesIn(usable_streams()),
                         [](const auto& info) { return info.param.name; });

class PublishWhileTheDraftChanges : public PoolFixture {};

TEST_F(PublishWhileTheDraftChanges, ChecksumIsOfWhatThePoolHolds) {
  constexpr std::size_t kBytes = 50'000;
  const ChangingMemory draft(kBytes);
  const auto pool = create();
  const SpaceId space = pool->add_space(small_space(kBytes)).value();
  const SlotId slot = SlotId::make(pool->add_extent(space).value(), 0);
  const auto feature = feature_of(1);
  std::set<std::uint64_t> checksums;
  for (int i = 0; may_go_on(i, 300, checksums); ++i) {
    pool->write_slot(slot, {.key = key_of(1), .feature = feature, .length = 1, .payload = draft.bytes()});
    ASSERT_EQ(pool->header(slot).payload_checksum, Pool::checksum(pool->payload(slot)));
    ASSERT_TRUE(pool->check_slot(slot).is_ok());
    checksums.insert(pool->header(slot).payload_checksum);
    pool->free_slot(slot);
  }
  EXPECT_GT(checksums.size(), 1u) << "the draft has not changed";
}

}  // namespace
}  // namespace memo::test
