#include "model/memo/lineage.h"

#include <gtest/gtest.h>

#include <vector>

namespace memo {
namespace {

const std::vector<std::int32_t> kTokens{101, 7, 8, 9, 102};

TEST(Lineage, SameTokensGiveTheSameKeys) {
  EXPECT_EQ(Lineage::of_tokens(kTokens).key(Layer{2}), Lineage::of_tokens(kTokens).key(Layer{2}));
}

TEST(Lineage, KeysAreTheSameInEveryBuild) {
  // Keys are stored in pools: this value may only change together with the pool's layout version.
  EXPECT_EQ(Lineage::of_tokens(kTokens).key(Layer{0}).hex(), "475cda1ab3ba507da38b6208a0991a9a");
}

TEST(Lineage, OtherTokensOrLengthsGiveOtherKeys) {
  const Key key = Lineage::of_tokens(kTokens).key(Layer{0});
  EXPECT_NE(key, Lineage::of_tokens(std::vector<std::int32_t>{101, 7, 9, 8, 102}).key(Layer{0}));
  EXPECT_NE(key, Lineage::of_tokens(std::vector<std::int32_t>{101, 7, 8, 9, 102, 0}).key(Layer{0}));
}

TEST(Lineage, EveryLayerHasAKeyOfItsOwn) {
  const Lineage lineage = Lineage::of_tokens(kTokens);
  EXPECT_NE(lineage.key(Layer{0}), lineage.key(Layer{1}));
}

TEST(Lineage, SubstituteChangesAllLaterKeys) {
  Lineage lineage = Lineage::of_tokens(kTokens);
  const Key before = lineage.key(Layer{2});
  lineage.substitute(Layer{1}, Key{1, 2});
  EXPECT_NE(lineage.key(Layer{2}), before);
}

TEST(Lineage, KeysTellSubstitutesAndTheirLayersApart) {
  const auto key_after = [](Layer layer, Key substitute) {
    Lineage lineage = Lineage::of_tokens(kTokens);
    lineage.substitute(layer, substitute);
    return lineage.key(Layer{5});
  };
  EXPECT_EQ(key_after(Layer{1}, {1, 2}), key_after(Layer{1}, {1, 2}));
  EXPECT_NE(key_after(Layer{1}, {1, 2}), key_after(Layer{1}, {1, 3}));
  EXPECT_NE(key_after(Layer{1}, {1, 2}), key_after(Layer{0}, {1, 2}));
}

TEST(Lineage, BlendsAreToldApartByKeysWeightsAndOrder) {
  const auto key_of = [](std::vector<BlendShare> shares) { return key_of_blend(shares); };
  const Key key = key_of({{{1, 2}, 700}, {{3, 4}, 324}});
  EXPECT_EQ(key, key_of({{{1, 2}, 700}, {{3, 4}, 324}}));
  EXPECT_NE(key, key_of({{{1, 2}, 699}, {{3, 4}, 325}}));
  EXPECT_NE(key, key_of({{{1, 2}, 700}, {{3, 5}, 324}}));
  EXPECT_NE(key, key_of({{{3, 4}, 324}, {{1, 2}, 700}}));
  EXPECT_NE(key, key_of({{{1, 2}, 700}}));
  // Keys that follow from it are stored in pools, as those above.
  EXPECT_EQ(key.hex(), "ab480d1baed8d0b4ef0c9a2bbba60a00");
}

TEST(Lineage, TokenTypesCountWhereTheyAreNotAllZero) {
  const std::vector<std::int32_t> zeros(kTokens.size(), 0);
  std::vector<std::int32_t> types = zeros;
  types.back() = 1;
  const Digest untyped = Lineage::of_tokens(kTokens).digest();
  EXPECT_EQ(Lineage::of_tokens({kTokens, zeros}).digest(), untyped);
  EXPECT_NE(Lineage::of_tokens({kTokens, types}).digest(), untyped);
  EXPECT_NE(Lineage::of_tokens({kTokens, types}).digest(),
            Lineage::of_tokens({kTokens, std::vector<std::int32_t>(kTokens.size(), 1)}).digest());
}

}  // namespace
}  // namespace memo
