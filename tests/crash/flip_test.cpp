// Bits of a closed pool flip. Opening refuses the pool and says why, or opens it, and then every lookup is answered by
// the right bytes or by a miss, never by wrong bytes, by a memo of another space, or by a crash.
//
// --flips=N sets how many damaged pools are tried of each part (10000 for a long run), --seed=N what they are.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "memod/pool/pool.h"
#include "tests/crash/examiner.h"
#include "tests/crash/in_child.h"
#include "tests/crash/pool_image.h"
#include "tests/crash/pool_map.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

std::uint64_t flips = 60;  // per part; set by main
std::uint64_t seed = 1;
constexpr int kMostBits = 4;

// What a trial in a child says; anything else is a violation.
constexpr char kRefused[] = "refused";
constexpr char kMissed[] = "missed";
constexpr char kAllFound[] = "all found";

class BitFlips : public testing::Test {
 protected:
  BitFlips() {
    StoreOptions options = examined(path_);
    options.create_bytes = layout::kMinPoolBytes;
    {
      const auto store = std::move(Store::open(options).value());
      for (std::uint64_t number = 0; number < 40; ++number)
        for (const std::uint32_t space : {0u, 1u, 2u})
          EXPECT_TRUE(number >= 40 - 12 * space || publish(*store, {space, number}).is_ok());
      for (std::uint64_t number = 0; number < 12; number += 3) EXPECT_TRUE(erase(*store, {0, number}).is_ok());
      for (std::uint64_t number = 0; number < 40; ++number)
        for (const std::uint32_t space : {0u, 1u, 2u}) ledger_.set({space, number}, Presence::may);
    }
    map_ = map_pool(path_);
    image_ = std::make_unique<PoolImage>(path_);
  }

  // Flips one to kMostBits bits in regions of the part.
  void flip(const PoolMap::Part& part, std::mt19937_64& random) const {
    const auto below = [&](std::uint64_t limit) {
      return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random);
    };
    for (std::uint64_t bits = 1 + below(kMostBits); bits > 0; --bits) {
      const Region& region = part.regions[below(part.regions.size())];
      const std::uint64_t offset = region.offset + below(region.bytes);
      const std::byte value = byte_at(path_, offset) ^ (std::byte{1} << below(8));
      overwrite(path_, offset, {&value, 1});
    }
  }

  // Opens the damaged pool as a user does, with eviction, and uses it.
  std::string use() const {
    Result<std::unique_ptr<Store>> opened = Store::open({.path = path_, .memory = {.prefault = false}});
    if (!opened) return explain(opened.status());
    const std::shared_ptr<Store> store = std::move(*opened);
    const Verdict verdict = examine(store, ledger_, Damage::is_expected);
    if (!verdict.is_clean()) return verdict.text();
    if (!store->check(0, 1'000'000, true)) return "check failed";
    const CheckPage again = store->check(0, 1'000'000, false).value();
    if (!again.damage.empty()) return "repaired, and yet: " + again.damage.front();
    const auto further = publish(*store, {0, 1000});
    if (!further && further.status().code() != StatusCode::full) return "publish: " + further.status().message();
    return verdict.hits == memos_ ? kAllFound : kMissed;
  }
  // A refusal names the file and what is wrong with it.
  std::string explain(const Status& status) const {
    const bool has_code = status.code() == StatusCode::corrupt || status.code() == StatusCode::unsupported;
    const bool names_file = status.message().find(path_) != std::string::npos;
    return has_code && names_file && status.message().size() > path_.size() + 10 ? kRefused : status.message();
  }

  void try_part(const PoolMap::Part& part) {
    std::map<std::string, std::uint64_t> outcomes;
    for (std::uint64_t trial = 0; trial < flips; ++trial) {
      image_->restore(path_);
      std::mt19937_64 random(seed * 1'000'003 + trial);
      flip(part, random);
      const std::string outcome = in_child([this] { return use(); });
      ++outcomes[outcome];
      ASSERT_TRUE(outcome == kRefused || outcome == kMissed || outcome == kAllFound)
          << part.name << ", seed " << seed << ", trial " << trial << ": " << outcome;
    }
    fmt::print("{:>22}: {} refused, {} with misses, {} as before\n", part.name, outcomes[kRefused],
               outcomes[kMissed], outcomes[kAllFound]);
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
  Ledger ledger_;
  PoolMap map_;
  std::unique_ptr<PoolImage> image_;
  const std::uint64_t memos_ = 40 + 28 + 16 - 4;
};

TEST_F(BitFlips, SoundPoolAnswersEverything) {
  EXPECT_EQ(in_child([this] { return use(); }), kAllFound);
}

TEST_F(BitFlips, NoFlippedBitIsAnsweredAsAMemo) {
  for (const PoolMap::Part& part : map_.parts) ASSERT_NO_FATAL_FAILURE(try_part(part));
}

TEST_F(BitFlips, FlippedPayloadIsMissedAndNothingElse) {
  const PoolMap::Part& payloads = map_.parts.back();
  ASSERT_STREQ(payloads.name, "payloads");
  const Region& region = payloads.regions[7];
  const std::byte value = byte_at(path_, region.offset) ^ std::byte{1};
  overwrite(path_, region.offset, {&value, 1});
  const Verdict verdict = examine(path_, ledger_, Damage::is_expected);
  EXPECT_EQ(verdict.text(), "");
  EXPECT_EQ(verdict.hits, memos_ - 1);
}

}  // namespace
}  // namespace memo::test

int main(int argc, char** argv) {
  memo::emulate_persistent_memory();
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--flips=", 8) == 0) memo::test::flips = std::strtoull(argv[i] + 8, nullptr, 10);
    if (std::strncmp(argv[i], "--seed=", 7) == 0) memo::test::seed = std::strtoull(argv[i] + 7, nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
