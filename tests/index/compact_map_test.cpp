#include "index/features/compact_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace memo {
namespace {

constexpr auto kAny = [](std::uint64_t) { return true; };

TEST(CompactMap, EmptyFindsNothingAndTakesLittle) {
  CompactMap<32> sut;
  EXPECT_EQ(sut.find(7, kAny), std::nullopt);
  EXPECT_FALSE(sut.erase(7, kAny));
  EXPECT_EQ(sut.size(), 0u);
  EXPECT_LE(sut.memory_bytes(), 6000u);
}

TEST(CompactMap, AsksWhichOfEqualHashesIsIt) {
  CompactMap<44> sut;
  for (std::uint64_t value = 0; value < 20; ++value) sut.insert(42, value);
  for (std::uint64_t value = 0; value < 20; ++value)
    EXPECT_EQ(sut.find(42, [value](std::uint64_t found) { return found == value; }), value);
  EXPECT_EQ(sut.find(42, [](std::uint64_t) { return false; }), std::nullopt);
  EXPECT_TRUE(sut.erase(42, [](std::uint64_t found) { return found == 7; }));
  EXPECT_FALSE(sut.erase(42, [](std::uint64_t found) { return found == 7; }));
  EXPECT_EQ(sut.size(), 19u);
}

TEST(CompactMap, KeepsTheLargestNumbers) {
  CompactMap<44> sut;
  constexpr std::uint64_t kLargest = (std::uint64_t{1} << 44) - 2;
  sut.insert(~std::uint64_t{0}, kLargest);
  sut.insert(0, 0);
  EXPECT_EQ(sut.find(~std::uint64_t{0}, kAny), kLargest);
  EXPECT_EQ(sut.find(0, kAny), 0u);
}

TEST(CompactMap, ReplacesANumberInItsPlace) {
  CompactMap<44> sut;
  sut.insert(5, 1);
  EXPECT_FALSE(sut.replace(
      5, [](std::uint64_t found) { return found == 9; }, 2));
  EXPECT_TRUE(sut.replace(
      5, [](std::uint64_t found) { return found == 1; }, 2));
  EXPECT_EQ(sut.find(5, kAny), 2u);
  EXPECT_EQ(sut.size(), 1u);
}

// Keys are random; `spread` of their hashes' bits vary, so that few bits make long runs, also around a table's end.
class CompactMapModel : public testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t hash(std::uint64_t key) const {
    const std::uint64_t bits = spread_bits(key + 1);
    return GetParam() == 64 ? bits : ~std::uint64_t{0} >> GetParam() | bits << (64 - GetParam());
  }
};

TEST_P(CompactMapModel, AgreesWithAMapThroughRandomOperations) {
  CompactMap<32> sut;
  std::unordered_map<std::uint64_t, std::uint64_t> model;
  std::mt19937 random(GetParam());
  for (int operation = 0; operation < 60000; ++operation) {
    // Grows, shrinks, and grows again.
    const std::uint64_t key = random() % 3000;
    const bool grow = operation / 10000 % 2 == 0 ? random() % 4 != 0 : random() % 4 == 0;
    const auto is_key = [key](std::uint64_t value) { return value % 3000 == key; };
    const auto known = model.find(key);
    ASSERT_EQ(sut.find(hash(key), is_key),
              known == model.end() ? std::nullopt : std::optional<std::uint64_t>(known->second));
    if (grow && known == model.end()) {
      const std::uint64_t value = key + 3000 * (random() % 100);
      sut.insert(hash(key), value);
      model[key] = value;
    } else if (!grow) {
      ASSERT_EQ(sut.erase(hash(key), is_key), model.erase(key) == 1);
    }
    ASSERT_EQ(sut.size(), model.size());
  }
  std::multiset<std::uint64_t> values, expected;
  sut.for_each([&](std::uint64_t value) { values.insert(value); });
  for (const auto& [key, value] : model) expected.insert(value);
  EXPECT_EQ(values, expected);
}

INSTANTIATE_TEST_SUITE_P(BitsThatVary, CompactMapModel, testing::Values(64u, 12u, 9u, 1u));

TEST(CompactMap, TakesTwelveBytesAnEntryAndGivesThemBack) {
  CompactMap<44> sut;
  for (std::uint64_t key = 0; key < 200'000; ++key) sut.insert(spread_bits(key), key);
  EXPECT_LE(sut.memory_bytes(), 200'000u * 12.5);
  std::size_t asked = 0;
  for (std::uint64_t key = 0; key < 200'000; ++key) {
    const auto is_it = [&](std::uint64_t value) { return ++asked, value == key; };
    ASSERT_EQ(sut.find(spread_bits(key), is_it), key);
  }
  EXPECT_LE(asked, 200'000u * 1.1);  // about others than the one that is sought
  for (std::uint64_t key = 0; key < 200'000; ++key)
    ASSERT_TRUE(sut.erase(spread_bits(key), [key](std::uint64_t value) { return value == key; }));
  EXPECT_LE(sut.memory_bytes(), 6000u);
}

}  // namespace
}  // namespace memo
