// Bits of a closed pool flip. Opening refuses the pool and says why, or opens it, and then every lookup is answered by
// the right bytes or by a miss, never by wrong bytes, by a memo of another space, or by a crash.
//
// --flips=N sets how many damaged pools are tried of each part (10000 for a long run), --seed=N what they are.
// --bits=N sets how many single bits are tried of each part of what libpmemobj keeps for itself, evenly spread.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string_view>

#include "memod/store/pool/examine/pmdk_format.h"
#include "memod/store/pool/pool.h"
#include "tests/crash/damage/damaged_pool.h"
#include "tests/crash/examiner.h"

namespace memo::test {
namespace {

std::uint64_t flips = 60;  // per part; set by main
std::uint64_t seed = 1;
std::uint64_t bits = 150;  // per part
constexpr std::uint64_t kShownFailures = 20;

class BitFlips : public testing::Test {
 protected:
  // Random damage to each part.
  void try_parts(const PoolMap& map) const {
    for (const PoolMap::Part& part : map.parts) {
      Outcomes outcomes;
      for (std::uint64_t trial = 0; trial < flips; ++trial) {
        pool_.restore();
        std::mt19937_64 random(seed * 1'000'003 + trial);
        pool_.flip_some(part, random);
        note(outcomes, fmt::format("{}, seed {}, trial {}", part.name, seed, trial));
      }
      outcomes.print(part.name);
    }
  }

  // Single bits of the part, evenly spread; an odd step gives each bit of a byte its turn.
  void try_bits(const PoolMap::Part& part) const {
    std::uint64_t all = 0;
    for (const Region& region : part.regions) all += region.bytes * 8;
    const std::uint64_t step = all <= bits ? 1 : all / bits | 1;
    Outcomes outcomes;
    std::uint64_t bit = step == 1 ? 0 : seed % step;
    for (const Region& region : part.regions) {
      for (; bit < region.bytes * 8; bit += step) {
        pool_.restore();
        pool_.flip(region.offset + bit / 8, static_cast<unsigned>(bit % 8));
        note(outcomes, fmt::format("{}, bit {} of byte {}", part.name, bit % 8, region.offset + bit / 8));
      }
      bit -= region.bytes * 8;
    }
    outcomes.print(part.name);
  }

  // Whole pages of the part, as storage loses or garbles them.
  void try_pages(const PoolMap::Part& part) const {
    Outcomes outcomes;
    std::mt19937_64 random(seed);
    for (std::uint64_t trial = 0; trial < flips / 4; ++trial) {
      pool_.restore();
      const Region& region = part.regions[random() % part.regions.size()];
      pool_.spoil_page(region.offset + random() % region.bytes, trial % 2 == 0 ? 0 : random());
      note(outcomes, fmt::format("{}, seed {}, page {}", part.name, seed, trial));
    }
    outcomes.print(part.name);
  }

  // Random damage to each part while the pool is open.
  void try_parts_in_use(const PoolMap& map) const {
    for (const PoolMap::Part& part : map.parts) {
      Outcomes outcomes;
      for (std::uint64_t trial = 0; trial < flips / 4; ++trial) {
        pool_.restore();
        const std::string outcome = pool_.damage_in_use([&] {
          std::mt19937_64 random(seed * 1'000'003 + trial);
          pool_.flip_some(part, random);
        });
        note(outcomes, outcome, fmt::format("{} in use, seed {}, trial {}", part.name, seed, trial));
      }
      outcomes.print(part.name);
    }
  }

  void note(Outcomes& outcomes, const std::string& trial) const { note(outcomes, pool_.use(), trial); }
  void note(Outcomes& outcomes, const std::string& outcome, const std::string& trial) const {
    outcomes.add(outcome);
    if (is_safe(outcome)) return;
    if (++failures_ <= kShownFailures) ADD_FAILURE() << trial << ": " << outcome;
  }

  const DamagedPool pool_;
  mutable std::uint64_t failures_ = 0;
};

TEST_F(BitFlips, SoundPoolAnswersEverything) {
  EXPECT_EQ(pool_.use(), kAllFound);
}

TEST_F(BitFlips, NoFlippedBitIsAnsweredAsAMemo) {
  try_parts(map_pool(pool_.path()));
}

TEST_F(BitFlips, NoDamageToTheHeapCrashesOrHangs) {
  try_parts(map_metadata(pool_.path()));
}

TEST_F(BitFlips, NoSingleBitOfTheHeapsTablesCrashesOrHangs) {
  for (const PoolMap::Part& part : map_metadata(pool_.path()).parts) try_bits(part);
}

TEST_F(BitFlips, NoDamageAnywhereCrashesOrHangs) {
  try_parts({{{"anywhere", {{0, std::filesystem::file_size(pool_.path())}}}}});
}

TEST_F(BitFlips, NoLostOrGarbledPageCrashesOrHangs) {
  for (const PoolMap& map : {map_metadata(pool_.path()), map_pool(pool_.path())})
    for (const PoolMap::Part& part : map.parts) try_pages(part);
}

TEST_F(BitFlips, NoDamageToTheHeapInUseCrashesOrHangs) {
  PoolMap map = map_metadata(pool_.path());
  constexpr std::uint64_t kHandle = pmdk::kRuntimeOffset + sizeof(pmdk::RuntimeFields);
  map.parts.push_back({"libpmemobj's handle", {{kHandle, pmdk::kLanesOffset - kHandle}}});
  try_parts_in_use(map);
}

TEST_F(BitFlips, NoDamageInUseIsAnsweredAsAMemo) {
  PoolMap map = map_pool(pool_.path());
  // Payloads and features are compared with their checksums when they are first read, and by a check.
  std::erase_if(map.parts, [](const PoolMap::Part& part) {
    return std::string_view(part.name) == "features" || std::string_view(part.name) == "payloads";
  });
  try_parts_in_use(map);
}

TEST_F(BitFlips, FlippedPayloadIsMissedAndNothingElse) {
  const PoolMap map = map_pool(pool_.path());
  const PoolMap::Part& payloads = map.parts.back();
  ASSERT_STREQ(payloads.name, "payloads");
  pool_.flip(payloads.regions[7].offset, 0);
  const Verdict verdict = examine(pool_.path(), pool_.ledger(), Damage::is_expected);
  EXPECT_EQ(verdict.text(), "");
  EXPECT_EQ(verdict.hits, pool_.memos() - 1);
}

}  // namespace
}  // namespace memo::test

int main(int argc, char** argv) {
  memo::emulate_persistent_memory();
  testing::InitGoogleTest(&argc, argv);
  const auto number = [](const char* argument, const char* name, std::uint64_t& value) {
    if (std::strncmp(argument, name, std::strlen(name)) == 0)
      value = std::strtoull(argument + std::strlen(name), nullptr, 10);
  };
  for (int i = 1; i < argc; ++i) {
    number(argv[i], "--flips=", memo::test::flips);
    number(argv[i], "--seed=", memo::test::seed);
    number(argv[i], "--bits=", memo::test::bits);
  }
  return RUN_ALL_TESTS();
}
