// What every MemoStore promises, as tests. A binary includes this once and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(LocalStore, StoreContract, testing::Values(ContractParameter{"LocalStore", make}));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "memo/memo_store.h"
#include "memod/store/store.h"
#include "tests/support/pool/memo_fixtures.h"

namespace memo::test {

// One pool and a way to reach it.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  // A store object of its own, as another process would have. Several may live at once.
  virtual std::unique_ptr<MemoStore> connect() = 0;
  // Closes the pool and opens it again. Requires: no store object and no view is left.
  virtual void restart() = 0;
  // The store that owns the pool, for what no client may do.
  virtual Store& owner() = 0;
  virtual std::string pool_path() const = 0;
};

struct ContractParameter {
  const char* name;
  std::function<std::unique_ptr<StoreHarness>(std::uint64_t pool_bytes)> make;
};
inline void PrintTo(const ContractParameter& parameter, std::ostream* stream) {
  *stream << parameter.name;
}

class StoreContract : public testing::TestWithParam<ContractParameter> {
 protected:
  static constexpr std::uint64_t kPoolBytes = 64ull << 20;
  static constexpr std::size_t kPayload = 4096;
  static constexpr std::chrono::seconds kFlush{30};

  StoreContract() : harness_(GetParam().make(kPoolBytes)), store_(harness_->connect()) {
    space_ = open(small_space(kPayload));
  }

  SpaceId open(const SpaceSpec& spec) {
    const Result<SpaceId> space = store_->open_space(spec);
    EXPECT_TRUE(space.is_ok()) << space.status().message();
    return space ? *space : SpaceId{};
  }

  // Publishes memo `number`; drafts that are all in use are waited for.
  static Status publish(MemoStore& store, SpaceId space, std::uint64_t number, Layer layer = Layer{0},
                        std::uint32_t length = 100, std::size_t bytes = kPayload, float penalty = 1) {
    Result<Draft> draft = store.draft(space, bytes);
    if (!draft && draft.status().code() == StatusCode::busy) {
      MEMO_RETURN_IF_ERROR(store.flush(kFlush));
      draft = store.draft(space, bytes);
    }
    if (!draft) return draft.status();
    fill_payload(number, draft->payload);
    const std::vector<float> feature = feature_of(static_cast<double>(number));
    return store.publish(std::move(*draft), {.layer = layer,
                                             .key = key_of(number),
                                             .feature = feature,
                                             .length = length,
                                             .cost_us = 1,
                                             .penalty = penalty});
  }
  void publish_and_flush(std::uint64_t number, Layer layer = Layer{0}, std::uint32_t length = 100) {
    ASSERT_TRUE(publish(*store_, space_, number, layer, length).is_ok());
    ASSERT_TRUE(store_->flush(kFlush).is_ok());
  }

  void publish_with_penalty(std::uint64_t number, float penalty) {
    ASSERT_TRUE(publish(*store_, space_, number, Layer{0}, 100, kPayload, penalty).is_ok());
    ASSERT_TRUE(store_->flush(kFlush).is_ok());
  }

  static std::optional<Match> lookup(MemoStore& store, SpaceId space, const LookupItem& item,
                                     float max_distance = 0, Layer layer = Layer{0}) {
    std::optional<Match> match;
    const Status status = store.lookup({space, layer, max_distance, {&item, 1}}, {&match, 1});
    EXPECT_TRUE(status.is_ok()) << status.message();
    return match;
  }
  std::optional<Match> exact(std::uint64_t number, Layer layer = Layer{0}) {
    return lookup(*store_, space_, {key_of(number), {}, 0}, 0, layer);
  }
  std::optional<Match> similar(double number, float max_distance, std::uint32_t min_length = 0) {
    const std::vector<float> feature = feature_of(number);
    return lookup(*store_, space_, {Key{1, 1}, feature, min_length}, max_distance);
  }

  // Of an item near memo `number`; all `count` places.
  std::vector<std::optional<Match>> neighbours(double number, std::uint32_t count, float max_distance,
                                               std::uint32_t min_length = 0) {
    const std::vector<float> feature = feature_of(number);
    const LookupItem item{Key{1, 1}, feature, min_length};
    std::vector<std::optional<Match>> matches(count);
    const Status status = store_->lookup({space_, Layer{0}, max_distance, {&item, 1}, count}, matches);
    EXPECT_TRUE(status.is_ok()) << status.message();
    return matches;
  }
  // Which memos matches are.
  static std::vector<std::uint64_t> numbers_of(const std::vector<std::optional<Match>>& matches) {
    std::vector<std::uint64_t> numbers;
    for (const auto& match : matches)
      if (match) numbers.push_back(match->key.low);
    return numbers;
  }

  static void expect_invalid(const Status& status, const std::string& why) {
    EXPECT_EQ(status.code(), StatusCode::invalid_argument) << why;
    EXPECT_EQ(status.message(), why);
  }
  // Of a lookup that breaks a rule; what it would find otherwise is not found.
  void expect_lookup_refused(LookupRequest request, const LookupItem& item, const std::string& why) {
    request.items = {&item, 1};
    std::vector<std::optional<Match>> matches(std::min(request.neighbours, 2 * kMaxNeighbours));
    expect_invalid(store_->lookup(request, matches), why);
    for (const auto& match : matches) EXPECT_FALSE(match.has_value()) << why;
  }
  // Of a publication that breaks a rule: told at once, and counted with its reason.
  void expect_publish_refused(Draft draft, const Publication& publication, const std::string& why) {
    const auto before = store_->publish_counts();
    expect_invalid(store_->publish(std::move(draft), publication), why);
    const auto after = store_->publish_counts();
    EXPECT_EQ(after.refused, before.refused + 1) << why;
    EXPECT_EQ(after.dropped, before.dropped) << why;
    EXPECT_EQ(after.refusal, why);
  }
  Draft draft_of(std::size_t bytes, SpaceId space) {
    Result<Draft> draft = store_->draft(space, bytes);
    EXPECT_TRUE(draft.is_ok()) << draft.status().message();
    return draft ? std::move(*draft) : Draft{};
  }

  void restart() {
    store_.reset();
    harness_->restart();
    store_ = harness_->connect();
    space_ = open(small_space(kPayload));
  }

  std::unique_ptr<StoreHarness> harness_;
  std::unique_ptr<MemoStore> store_;
  SpaceId space_{};
};

TEST_P(StoreContract, PublishedMemoIsFoundByKeyWithItsBytes) {
  publish_and_flush(7);
  const auto match = exact(7);
  ASSERT_TRUE(match.has_value());
  EXPECT_TRUE(match->exact);
  EXPECT_EQ(match->distance, 0.0f);
  EXPECT_EQ(match->length, 100u);
  EXPECT_EQ(match->key, key_of(7));
  EXPECT_TRUE(equal(match->view.payload(), payload_of(7, kPayload)));
  EXPECT_TRUE(match->view.intact());
}

TEST_P(StoreContract, PayloadShorterThanTheSpaceAllowsKeepsItsSize) {
  ASSERT_TRUE(publish(*store_, space_, 7, Layer{0}, 100, 1000).is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  const auto match = exact(7);
  ASSERT_TRUE(match.has_value());
  EXPECT_TRUE(equal(match->view.payload(), payload_of(7, 1000)));
}

TEST_P(StoreContract, UnknownKeyMisses) {
  publish_and_flush(7);
  EXPECT_FALSE(exact(8).has_value());
}

TEST_P(StoreContract, SimilarityFindsTheNearestWithinTheDistance) {
  for (const std::uint64_t number : {1, 2, 3}) publish_and_flush(number);
  const auto match = similar(2.3, 5.0f);
  ASSERT_TRUE(match.has_value());
  EXPECT_FALSE(match->exact);
  EXPECT_EQ(match->key, key_of(2));
  EXPECT_NEAR(match->distance, 3.0f, 1e-4f);
  EXPECT_TRUE(equal(match->view.payload(), payload_of(2, kPayload)));
}

TEST_P(StoreContract, MemoThatIsNowhereIsFoundByKeyOnly) {
  publish_and_flush(3);
  Result<Draft> draft = store_->draft(space_, kPayload);
  ASSERT_TRUE(draft);
  fill_payload(7, draft->payload);
  const std::vector<float> nowhere(kFeatureDimension, kNowhere);
  ASSERT_TRUE(store_
                  ->publish(std::move(*draft),
                            {.layer = Layer{0}, .key = key_of(7), .feature = nowhere, .length = 100, .cost_us = 1})
                  .is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  for (int opened = 0; opened < 2; ++opened) {
    ASSERT_TRUE(exact(7).has_value());
    EXPECT_TRUE(equal(exact(7)->view.payload(), payload_of(7, kPayload)));
    // A distance that would reach it.
    EXPECT_EQ(numbers_of(neighbours(7, 2, 1e9f)), std::vector<std::uint64_t>{3});
    restart();
  }
}

TEST_P(StoreContract, WhereMemosHaveNoFeaturesOnlyKeysFindThem) {
  SpaceId outputs = open(small_output_space(kPayload));
  ASSERT_NE(outputs, space_);
  publish_and_flush(7);
  Result<Draft> draft = store_->draft(outputs, kPayload);
  ASSERT_TRUE(draft);
  fill_payload(8, draft->payload);
  ASSERT_TRUE(store_->publish(std::move(*draft), {.key = key_of(7), .length = 100, .cost_us = 1}).is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  for (int opened = 0; opened < 2; ++opened) {
    auto match = lookup(*store_, outputs, {key_of(7)});
    ASSERT_TRUE(match.has_value());
    EXPECT_TRUE(match->exact);
    EXPECT_TRUE(equal(match->view.payload(), payload_of(8, kPayload))) << "of the same key in another space";
    EXPECT_FALSE(lookup(*store_, outputs, {key_of(9)}, 1e9f).has_value());
    match.reset();
    restart();
    outputs = open(small_output_space(kPayload));
  }
  EXPECT_EQ(harness_->owner().stats()->spaces[static_cast<std::size_t>(outputs)].spec.feature_dimension, 0u);
}

TEST_P(StoreContract, FeaturesAreRefusedWhereMemosHaveNone) {
  const SpaceId outputs = open(small_output_space(kPayload));
  const std::vector<float> feature = feature_of(1);
  Result<Draft> draft = store_->draft(outputs, kPayload);
  ASSERT_TRUE(draft);
  expect_invalid(store_->publish(std::move(*draft), {.key = key_of(1), .feature = feature, .length = 1}),
                 "publish: feature has 8 floats, the space has 0");
  std::optional<Match> match;
  const LookupItem item{key_of(1), feature, 0};
  expect_invalid(store_->lookup({outputs, Layer{0}, 1, {&item, 1}}, {&match, 1}),
                 "lookup: feature has 8 floats, the space has 0");
  EXPECT_FALSE(lookup(*store_, outputs, {key_of(1)}).has_value());
}

TEST_P(StoreContract, ManyKeysOfASpaceWithoutFeaturesAreAskedForAtOnce) {
  const SpaceId outputs = open(small_output_space(kPayload));
  constexpr std::uint64_t kTexts = 60;  // more than a message takes
  for (std::uint64_t number = 0; number < kTexts; number += 2) {
    Result<Draft> draft = store_->draft(outputs, 100);
    if (!draft) {
      ASSERT_TRUE(store_->flush(kFlush).is_ok());
      draft = store_->draft(outputs, 100);
    }
    ASSERT_TRUE(draft);
    fill_payload(number, draft->payload);
    ASSERT_TRUE(store_->publish(std::move(*draft), {.key = key_of(number), .length = 1}).is_ok());
  }
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  std::vector<LookupItem> items;
  for (std::uint64_t number = 0; number < kTexts; ++number) items.push_back({key_of(number)});
  std::vector<std::optional<Match>> matches(kTexts);
  ASSERT_TRUE(store_->lookup({outputs, Layer{0}, 0, items}, matches).is_ok());
  for (std::uint64_t number = 0; number < kTexts; ++number) {
    ASSERT_EQ(matches[number].has_value(), number % 2 == 0) << number;
    if (!matches[number]) continue;
    EXPECT_TRUE(equal(matches[number]->view.payload(), payload_of(number, 100))) << number;
  }
}

TEST_P(StoreContract, BeyondTheDistanceMisses) {
  publish_and_flush(1);
  EXPECT_FALSE(similar(1.5, 4.9f).has_value());
  EXPECT_TRUE(similar(1.5, 5.1f).has_value());
}

TEST_P(StoreContract, ShorterThanTheMinimumLengthIsSkippedForTheNextNearest) {
  publish_and_flush(1, Layer{0}, 50);
  publish_and_flush(2, Layer{0}, 120);
  const auto match = similar(1.1, 100.0f, 60);
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->key, key_of(2));
  EXPECT_FALSE(similar(1.1, 100.0f, 121).has_value());
}

TEST_P(StoreContract, NeighboursComeNearestFirstWithTheirBytes) {
  for (std::uint64_t number = 1; number <= 20; ++number) publish_and_flush(number);
  const auto found = neighbours(10.2, 4, 1000.0f);
  EXPECT_EQ(numbers_of(found), (std::vector<std::uint64_t>{10, 11, 9, 12}));
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_FALSE(found[i]->exact);
    EXPECT_NEAR(found[i]->distance, 10 * std::abs(static_cast<double>(found[i]->key.low) - 10.2), 1e-3);
    EXPECT_TRUE(equal(found[i]->view.payload(), payload_of(found[i]->key.low, kPayload)));
    EXPECT_TRUE(found[i]->view.intact());
  }
}

TEST_P(StoreContract, AsManyNeighboursAsTheLimitAreFoundAmongMany) {
  for (std::uint64_t number = 1; number <= 60; ++number) ASSERT_TRUE(publish(*store_, space_, number).is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  const auto found = numbers_of(neighbours(30.1, kMaxNeighbours, 1000.0f));
  ASSERT_EQ(found.size(), kMaxNeighbours);
  EXPECT_EQ(found.front(), 30u);
  EXPECT_EQ(found.back(), 38u);
}

TEST_P(StoreContract, FewerNeighboursThanAskedForLeaveTheLastPlacesEmpty) {
  for (const std::uint64_t number : {1, 2, 3}) publish_and_flush(number);
  const auto all = neighbours(1.9, 5, 1000.0f);
  EXPECT_EQ(numbers_of(all), (std::vector<std::uint64_t>{2, 1, 3}));
  EXPECT_FALSE(all[3] || all[4]);
  EXPECT_EQ(numbers_of(neighbours(1.9, 5, 9.5f)), (std::vector<std::uint64_t>{2, 1}));
  EXPECT_TRUE(numbers_of(neighbours(1.9, 5, 0.5f)).empty());
}

TEST_P(StoreContract, NeighboursThatAreTooShortAreSkipped) {
  for (std::uint64_t number = 1; number <= 12; ++number)
    publish_and_flush(number, Layer{0}, number % 2 == 0 ? 120 : 50);
  EXPECT_EQ(numbers_of(neighbours(5.1, 3, 1000.0f, 60)), (std::vector<std::uint64_t>{6, 4, 8}));
}

TEST_P(StoreContract, PenaltiesOrderWhatIsNearAndNothingElse) {
  publish_with_penalty(9, 0.5f);  // of a text at 10.2 it is 12 away, and counts as 6
  publish_with_penalty(10, 8);    // 2 away, counts as 16
  publish_and_flush(11);          // 8 away
  const auto all = neighbours(10.2, 3, 1000.0f);
  EXPECT_EQ(numbers_of(all), (std::vector<std::uint64_t>{9, 11, 10}));
  for (const auto& match : all)
    EXPECT_NEAR(match->distance, 10 * std::abs(static_cast<double>(match->key.low) - 10.2), 1e-3);
  EXPECT_EQ(numbers_of(neighbours(10.2, 1, 1000.0f)), (std::vector<std::uint64_t>{9}));
  EXPECT_EQ(numbers_of(neighbours(10.2, 3, 9)), (std::vector<std::uint64_t>{11, 10}));
  EXPECT_EQ(numbers_of(neighbours(10.2, 3, 2.5f)), (std::vector<std::uint64_t>{10}));
  EXPECT_TRUE(numbers_of(neighbours(10.2, 3, 1.5f)).empty());
}

TEST_P(StoreContract, PenaltiesSurviveARestart) {
  publish_with_penalty(9, 0.5f);
  publish_with_penalty(10, 8);
  restart();
  EXPECT_EQ(numbers_of(neighbours(10.2, 2, 1000.0f)), (std::vector<std::uint64_t>{9, 10}));
}

TEST_P(StoreContract, AnExactKeyIsTheOnlyMatchOfItsItem) {
  for (const std::uint64_t number : {1, 2, 3}) publish_and_flush(number);
  const std::vector<float> near_one = feature_of(1.2);
  const std::vector<LookupItem> items{{key_of(2), near_one, 0}, {Key{9, 9}, near_one, 0}, {Key{9, 9}, {}, 0}};
  std::vector<std::optional<Match>> matches(6);
  ASSERT_TRUE(store_->lookup({space_, Layer{0}, 1000.0f, items, 2}, matches).is_ok());
  ASSERT_TRUE(matches[0].has_value());
  EXPECT_TRUE(matches[0]->exact);
  EXPECT_EQ(matches[0]->key, key_of(2));
  EXPECT_FALSE(matches[1].has_value());
  EXPECT_EQ(matches[2].value().key, key_of(1));
  EXPECT_EQ(matches[3].value().key, key_of(2));
  EXPECT_FALSE(matches[4] || matches[5]);
}

TEST_P(StoreContract, RequestsForDifferentNumbersOfNeighboursAreAnsweredTogether) {
  for (std::uint64_t number = 1; number <= 5; ++number) publish_and_flush(number);
  const std::vector<float> near_three = feature_of(3.1);
  // More answers than one message has room for.
  const std::vector<LookupItem> items(6, LookupItem{Key{9, 9}, near_three, 0});
  const std::array requests{LookupRequest{space_, Layer{0}, 1000.0f, std::span(items).first(5), 9},
                            LookupRequest{space_, Layer{0}, 1000.0f, std::span(items).first(2), 1}};
  std::vector<std::optional<Match>> matches(count_matches(requests));
  ASSERT_EQ(matches.size(), 47u);
  ASSERT_TRUE(store_->lookup_all(requests, matches).is_ok());
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const bool found = i >= 45 || i % 9 < 5;
    ASSERT_EQ(matches[i].has_value(), found) << i;
    if (i >= 45 || i % 9 == 0) {
      EXPECT_EQ(matches[i]->key, key_of(3)) << i;
    }
  }
}

TEST_P(StoreContract, EveryNeighbourHoldsALeaseOfItsOwn) {
  for (const std::uint64_t number : {1, 2, 3}) publish_and_flush(number);
  auto held = neighbours(2.1, 3, 1000.0f);
  ASSERT_EQ(numbers_of(held).size(), 3u);
  for (const std::uint64_t number : {1, 2, 3})
    ASSERT_TRUE(harness_->owner().erase(space_, Layer{0}, key_of(number)).is_ok());
  held[0].reset();  // memo 2 may go now, the others may not
  for (std::uint64_t number = 10; number < 50; ++number) publish_and_flush(number);
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_TRUE(equal(held[i]->view.payload(), payload_of(held[i]->key.low, kPayload)));
    EXPECT_TRUE(held[i]->view.intact());
  }
}

TEST_P(StoreContract, LeasesOfNeighboursThatWereNotFoundComeBack) {
  publish_and_flush(1);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(numbers_of(neighbours(1.1, kMaxNeighbours, 1000.0f)).size(), 1u) << i;
}

TEST_P(StoreContract, SpacesNeverMix) {
  publish_and_flush(1);
  SpaceSpec other = small_space(kPayload);
  other.model.low ^= 1;
  const SpaceId other_space = open(other);
  ASSERT_NE(other_space, space_);
  const std::vector<float> feature = feature_of(1);
  EXPECT_FALSE(lookup(*store_, other_space, {key_of(1), feature, 0}, 1000.0f).has_value());
}

TEST_P(StoreContract, LayersNeverMix) {
  publish_and_flush(1, Layer{3});
  const std::vector<float> feature = feature_of(1);
  EXPECT_FALSE(lookup(*store_, space_, {key_of(1), feature, 0}, 1000.0f, Layer{4}).has_value());
  EXPECT_TRUE(exact(1, Layer{3}).has_value());
}

TEST_P(StoreContract, SameSpecIsTheSameSpace) {
  EXPECT_EQ(open(small_space(kPayload)), space_);
  const auto second = harness_->connect();
  EXPECT_EQ(second->open_space(small_space(kPayload)).value(), space_);
}

TEST_P(StoreContract, InvalidSpecIsRefused) {
  SpaceSpec bad = small_space(kPayload);
  bad.heads = 0;
  expect_invalid(store_->open_space(bad).status(), "space: heads is 0, must be 1 to 1024");
  bad = small_space(kPayload);
  bad.feature_dimension = 257;
  expect_invalid(store_->open_space(bad).status(), "space: feature dimension is 257, must be 0 to 256");
}

TEST_P(StoreContract, DuplicateKeyIsCountedAndTheFirstStays) {
  publish_and_flush(1, Layer{0}, 10);
  publish_and_flush(1, Layer{0}, 20);
  EXPECT_EQ(store_->publish_counts().acknowledged, 1u);
  EXPECT_EQ(store_->publish_counts().duplicates, 1u);
  EXPECT_EQ(exact(1)->length, 10u);
}

TEST_P(StoreContract, MemosOfOneClientAreFoundByAnother) {
  publish_and_flush(1);
  const auto second = harness_->connect();
  const SpaceId space = second->open_space(small_space(kPayload)).value();
  const auto match = lookup(*second, space, {key_of(1), {}, 0});
  ASSERT_TRUE(match.has_value());
  EXPECT_TRUE(equal(match->view.payload(), payload_of(1, kPayload)));
}

TEST_P(StoreContract, BatchAnswersEachItemInItsPlace) {
  for (const std::uint64_t number : {1, 2, 3}) publish_and_flush(number);
  const std::vector<float> near_two = feature_of(2.1);
  const std::vector<LookupItem> items{{key_of(3), {}, 0}, {key_of(9), {}, 0}, {key_of(9), near_two, 0}};
  std::vector<std::optional<Match>> matches(items.size());
  ASSERT_TRUE(store_->lookup({space_, Layer{0}, 2.0f, items}, matches).is_ok());
  EXPECT_EQ(matches[0].value().key, key_of(3));
  EXPECT_FALSE(matches[1].has_value());
  EXPECT_EQ(matches[2].value().key, key_of(2));
}

TEST_P(StoreContract, RequestsOfManyLayersAndSpacesAreAnsweredTogether) {
  SpaceSpec other_spec = small_space(kPayload);
  other_spec.heads += 1;
  const SpaceId other = store_->open_space(other_spec).value();
  constexpr std::uint32_t kLayers = 30;  // more items than one message holds, fewer than a session has leases
  std::vector<std::array<LookupItem, 2>> items(kLayers);
  std::vector<LookupRequest> requests;
  for (std::uint32_t layer = 0; layer < kLayers; ++layer) {
    const SpaceId space = layer % 2 == 0 ? space_ : other;
    ASSERT_TRUE(publish(*store_, space, layer, Layer{layer}, 100).is_ok());
    items[layer] = {LookupItem{key_of(layer), {}, 0}, LookupItem{key_of(layer + 1), {}, 0}};
    requests.push_back({space, Layer{layer}, 0, items[layer]});
  }
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  std::vector<std::optional<Match>> matches(2 * kLayers);
  ASSERT_TRUE(store_->lookup_all(requests, matches).is_ok());
  for (std::uint32_t layer = 0; layer < kLayers; ++layer) {
    ASSERT_TRUE(matches[2 * layer].has_value()) << layer;
    EXPECT_TRUE(equal(matches[2 * layer]->view.payload(), payload_of(layer, kPayload)));
    EXPECT_FALSE(matches[2 * layer + 1].has_value()) << layer;
  }
}

TEST_P(StoreContract, OneBadRequestAmongGoodOnesLeavesNoMatch) {
  publish_and_flush(1);
  const LookupItem item{key_of(1), {}, 0};
  const std::array requests{LookupRequest{space_, Layer{0}, 0, {&item, 1}},
                            LookupRequest{SpaceId{200}, Layer{0}, 0, {&item, 1}}};
  std::array<std::optional<Match>, 2> matches;
  EXPECT_EQ(store_->lookup_all(requests, matches).code(), StatusCode::invalid_argument);
  EXPECT_FALSE(matches[0].has_value());
  EXPECT_TRUE(exact(1).has_value());
}

TEST_P(StoreContract, PayloadsLieInAMappingOfThePool) {
  publish_and_flush(1);
  const auto match = exact(1);
  ASSERT_TRUE(match.has_value());
  const auto address = reinterpret_cast<std::uintptr_t>(match->view.payload().data());
  std::ifstream maps("/proc/self/maps");
  std::string path_of_address;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::string permissions, offset, device, inode, path;
    std::istringstream(line) >> std::hex >> begin >> dash >> end >> permissions >> offset >> device >> inode >>
        path;
    if (begin <= address && address < end) path_of_address = path;
  }
  EXPECT_EQ(path_of_address, harness_->pool_path());
}

TEST_P(StoreContract, DraftsThatFitNoPayloadOfTheSpaceAreRefused) {
  expect_invalid(store_->draft(space_, kPayload + 1).status(), "draft: payload size is 4097, must be 1 to 4096");
  expect_invalid(store_->draft(space_, 0).status(), "draft: payload size is 0, must be 1 to 4096");
}

TEST_P(StoreContract, DraftsAreAligned) {
  const Result<Draft> draft = store_->draft(space_, 100);
  ASSERT_TRUE(draft.is_ok());
  EXPECT_EQ(draft->payload.size(), 100u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(draft->payload.data()) % 64, 0u);
}

TEST_P(StoreContract, DroppedDraftsComeBack) {
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(store_->draft(space_, kPayload).is_ok());
}

TEST_P(StoreContract, UnknownSpaceIsRefused) {
  const SpaceId unknown{200};
  const std::string why = "there is no space 200 in this store";
  expect_lookup_refused({.space = unknown, .items = {}}, {key_of(1), {}, 0}, why);
  expect_invalid(store_->draft(unknown, 10).status(), why);
  Draft draft = draft_of(kPayload, space_);
  draft.space = unknown;
  const std::vector<float> feature = feature_of(1);
  expect_publish_refused(std::move(draft), {.key = key_of(1), .feature = feature, .length = 9}, why);
}

TEST_P(StoreContract, LookupsThatCannotBeMeantAreRefused) {
  publish_and_flush(1);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const LookupItem item{key_of(1), {}, 0};
  const LookupRequest good{.space = space_, .items = {}};
  const auto with = [&](const auto& change) {
    LookupRequest request = good;
    change(request);
    return request;
  };
  expect_lookup_refused(with([](auto& request) { request.layer = Layer{1024}; }), item,
                        "lookup: layer is 1024, must be 0 to 1023");
  expect_lookup_refused(with([](auto& request) { request.max_distance = -0.5f; }), item,
                        "lookup: max_distance is -0.5, must be 0 or more");
  expect_lookup_refused(with([](auto& request) { request.max_distance = kNan; }), item,
                        "lookup: max_distance is nan, must be 0 or more");
  for (const std::uint32_t count : {0u, kMaxNeighbours + 1, 1u << 31})
    expect_lookup_refused(with([&](auto& request) { request.neighbours = count; }), item,
                          "lookup: neighbours is " + std::to_string(count) + ", must be 1 to 16");
  const std::vector<float> too_long(kFeatureDimension + 1), too_short(kFeatureDimension - 1);
  expect_lookup_refused(good, {key_of(1), too_long, 0}, "lookup: feature has 9 floats, the space has 8");
  expect_lookup_refused(good, {key_of(1), too_short, 0}, "lookup: feature has 7 floats, the space has 8");
  std::vector<float> infinite = feature_of(1);
  infinite[2] = std::numeric_limits<float>::infinity();
  expect_lookup_refused(good, {key_of(1), infinite, 0}, "lookup: feature[2] is inf, must be finite");
  std::array<std::optional<Match>, 2> matches;
  expect_invalid(store_->lookup({.space = space_, .items = {&item, 1}}, matches),
                 "lookup: 1 matches are asked for, but there is room for 2");
  EXPECT_TRUE(exact(1).has_value());
}

TEST_P(StoreContract, InfiniteDistanceReachesTheFarthest) {
  publish_and_flush(1);
  EXPECT_EQ(numbers_of(neighbours(50'000, 2, std::numeric_limits<float>::infinity())),
            std::vector<std::uint64_t>{1});
}

TEST_P(StoreContract, PublicationsThatCannotBeMeantAreRefusedAndCountedWithTheirReason) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> feature = feature_of(1), too_short(kFeatureDimension - 1);
  std::vector<float> infinite = feature;
  infinite[7] = -kInfinity;
  const auto expect = [&](const auto& change, const std::string& why) {
    Publication publication{.key = key_of(1), .feature = feature, .length = 9, .cost_us = 1};
    change(publication);
    expect_publish_refused(draft_of(kPayload, space_), publication, why);
  };
  expect([](auto& memo) { memo.layer = Layer{1024}; }, "publish: layer is 1024, must be 0 to 1023");
  expect([](auto& memo) { memo.length = 0; }, "publish: length is 0, must be 1 to 128");
  expect([](auto& memo) { memo.length = 129; }, "publish: length is 129, must be 1 to 128");
  expect([&](auto& memo) { memo.feature = too_short; }, "publish: feature has 7 floats, the space has 8");
  expect([&](auto& memo) { memo.feature = {}; }, "publish: feature has 0 floats, the space has 8");
  expect([&](auto& memo) { memo.feature = infinite; }, "publish: feature[7] is -inf, must be finite");
  expect([](auto& memo) { memo.cost_us = kInfinity; }, "publish: cost_us is inf, must be finite");
  expect([](auto& memo) { memo.penalty = 0; }, "publish: penalty is 0, must be 0.0625 to 16");
  expect([](auto& memo) { memo.penalty = 16.5f; }, "publish: penalty is 16.5, must be 0.0625 to 16");
  expect([](auto& memo) { memo.penalty = kNan; }, "publish: penalty is nan, must be 0.0625 to 16");
  EXPECT_FALSE(exact(1).has_value());
}

TEST_P(StoreContract, PayloadsThatDoNotFitTheSpaceAreRefused) {
  const std::vector<float> feature = feature_of(1);
  const Publication publication{.key = key_of(1), .feature = feature, .length = 9};
  Draft empty = draft_of(kPayload, space_);
  empty.payload = {};
  expect_publish_refused(std::move(empty), publication, "publish: payload size is 0, must be 1 to 4096");
  Draft large = draft_of(2 * kPayload, open(small_space(2 * kPayload)));
  large.space = space_;
  expect_publish_refused(std::move(large), publication, "publish: payload size is 8192, must be 1 to 4096");
}

TEST_P(StoreContract, FullPoolRefusesAndCountsAndStillAnswers) {
  const SpaceId large = open(small_space(4 << 20));
  constexpr std::uint64_t kMore = 30;  // than a pool of 64 MiB holds
  for (std::uint64_t number = 0; number < kMore; ++number)
    ASSERT_TRUE(publish(*store_, large, number, Layer{0}, 100, 4 << 20).is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  const auto counts = store_->publish_counts();
  EXPECT_GT(counts.refused, 0u);
  EXPECT_GT(counts.acknowledged, 0u);
  EXPECT_EQ(counts.acknowledged + counts.refused, kMore);
  EXPECT_EQ(counts.refusal, "the pool " + harness_->pool_path() + " is full");
  const auto match = lookup(*store_, large, {key_of(0), {}, 0});
  ASSERT_TRUE(match.has_value());
  EXPECT_TRUE(equal(match->view.payload(), payload_of(0, 4 << 20)));
  EXPECT_EQ(harness_->owner().stats()->refused, counts.refused);
}

TEST_P(StoreContract, RestartKeepsEverythingAcknowledged) {
  constexpr std::uint64_t kMemos = 300;
  for (std::uint64_t number = 0; number < kMemos; ++number)
    ASSERT_TRUE(publish(*store_, space_, number, Layer{static_cast<std::uint32_t>(number % 3)}).is_ok());
  ASSERT_TRUE(store_->flush(kFlush).is_ok());
  ASSERT_EQ(store_->publish_counts().acknowledged, kMemos);
  restart();
  for (std::uint64_t number = 0; number < kMemos; ++number) {
    const Layer layer{static_cast<std::uint32_t>(number % 3)};
    const auto match = exact(number, layer);
    ASSERT_TRUE(match.has_value()) << number;
    EXPECT_TRUE(equal(match->view.payload(), payload_of(number, kPayload)));
    const std::vector<float> feature = feature_of(static_cast<double>(number) + 0.1);
    EXPECT_EQ(lookup(*store_, space_, {Key{}, feature, 0}, 2.0f, layer).value().key, key_of(number));
  }
}

TEST_P(StoreContract, ErasedMemoIsNotFoundButALeasedViewStaysIntact) {
  publish_and_flush(1);
  const auto held = exact(1);
  ASSERT_TRUE(held.has_value());
  ASSERT_TRUE(harness_->owner().erase(space_, Layer{0}, key_of(1)).is_ok());
  EXPECT_FALSE(exact(1).has_value());
  EXPECT_FALSE(similar(1, 1.0f).has_value());
  for (std::uint64_t number = 2; number < 40; ++number) publish_and_flush(number);
  EXPECT_TRUE(equal(held->view.payload(), payload_of(1, kPayload)));
  EXPECT_TRUE(held->view.intact());
}

TEST_P(StoreContract, ErasedKeyCanBePublishedAgain) {
  publish_and_flush(1, Layer{0}, 10);
  ASSERT_TRUE(harness_->owner().erase(space_, Layer{0}, key_of(1)).is_ok());
  publish_and_flush(1, Layer{0}, 20);
  EXPECT_EQ(exact(1).value().length, 20u);
}

TEST_P(StoreContract, ViewOutlivesItsStoreObject) {
  publish_and_flush(1);
  auto held = exact(1);
  ASSERT_TRUE(held.has_value());
  store_.reset();
  EXPECT_TRUE(equal(held->view.payload(), payload_of(1, kPayload)));
}

TEST_P(StoreContract, ManyClientsPublishAndLookUpAtOnceWithoutMixingBytes) {
  constexpr std::uint64_t kMemos = 150;
  std::atomic<std::uint64_t> wrong = 0, hits = 0;
  const auto work = [&](std::uint64_t first) {
    const auto store = harness_->connect();
    const SpaceId space = store->open_space(small_space(kPayload)).value();
    for (std::uint64_t i = 0; i < kMemos; ++i) {
      const std::uint64_t number = (first + i) % kMemos;
      if (!publish(*store, space, number)) ++wrong;
      const std::vector<float> feature = feature_of(static_cast<double>(i));
      const auto match = lookup(*store, space, {key_of(i), feature, 0}, 15.0f);
      if (!match) continue;
      ++hits;
      const bool same = equal(match->view.payload(), payload_of(match->key.low, kPayload));
      if (match->view.intact() && !same) ++wrong;
    }
    if (!store->flush(kFlush)) ++wrong;
  };
  std::vector<std::thread> threads;
  for (const std::uint64_t first : {0, 0, 70}) threads.emplace_back(work, first);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(hits, 0u);
  for (std::uint64_t number = 0; number < kMemos; ++number) EXPECT_TRUE(exact(number).has_value()) << number;
}

}  // namespace memo::test
