#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "client/protocol/control_messages.h"
#include "client/protocol/ring_messages.h"

namespace memo {
namespace {

std::vector<std::byte> encoded_lookup(std::size_t items, std::size_t dimension, std::uint32_t neighbours = 1) {
  std::vector<float> feature(dimension, 0.5f);
  const std::vector<LookupItem> list(items, LookupItem{.key = {1, 2}, .feature = feature, .min_length = 3});
  std::vector<std::uint32_t> leases(items * neighbours);
  for (std::uint32_t i = 0; i < leases.size(); ++i) leases[i] = i;
  std::vector<std::byte> bytes(segment::kLookupRequestBytes);
  const auto size =
      encode_lookup(std::array{LookupRequest{SpaceId{4}, Layer{5}, 0.25f, list, neighbours}}, leases, bytes);
  EXPECT_TRUE(size.is_ok()) << size.status().message();
  bytes.resize(size ? *size : 0);
  return bytes;
}

std::vector<std::byte> encoded_publish(float cost_us, float penalty = 1) {
  std::vector<std::byte> bytes(segment::kPublishRequestBytes);
  const auto size = encode_publish(
      {.key = {1, 2}, .length = 3, .cost_us = cost_us, .penalty = penalty, .feature = {1, 2, 3}}, bytes);
  bytes.resize(*size);
  return bytes;
}

TEST(RingMessages, LargestLookupFitsAndComesBack) {
  LookupQuery query;
  constexpr std::uint32_t kNeighbours = segment::kMaxAnswersPerLookup / segment::kMaxItemsPerLookup;
  ASSERT_TRUE(decode_lookup(encoded_lookup(segment::kMaxItemsPerLookup, kMaxFeatureDimension, kNeighbours), &query)
                  .is_ok());
  ASSERT_EQ(query.groups.size(), 1u);
  EXPECT_EQ(query.groups[0].space, SpaceId{4});
  EXPECT_EQ(query.groups[0].layer, Layer{5});
  EXPECT_EQ(query.groups[0].max_distance, 0.25f);
  EXPECT_EQ(query.groups[0].items, segment::kMaxItemsPerLookup);
  ASSERT_EQ(query.items.size(), segment::kMaxItemsPerLookup);
  EXPECT_EQ(query.groups[0].neighbours, kNeighbours);
  ASSERT_EQ(query.leases.size(), segment::kMaxAnswersPerLookup);
  EXPECT_EQ(query.leases[95], 95u);
  EXPECT_EQ(query.items[31].min_length, 3u);
  EXPECT_EQ(query.features.size(), segment::kMaxItemsPerLookup * kMaxFeatureDimension);
}

TEST(RingMessages, RequestsOfSeveralLayersComeBackAsGroups) {
  const std::array<float, 3> feature{1, 2, 3};
  const std::array first{LookupItem{.key = {1, 1}, .feature = {}}, LookupItem{.key = {1, 2}, .feature = feature}};
  const std::array second{LookupItem{.key = {2, 1}, .feature = {}}};
  const std::array requests{LookupRequest{SpaceId{4}, Layer{5}, 0.25f, first},
                            LookupRequest{SpaceId{6}, Layer{7}, 0, second, 2}};
  alignas(8) std::array<std::byte, segment::kLookupRequestBytes> bytes;
  bytes.fill(std::byte{0xff});  // whatever lay there before
  const auto size = encode_lookup(requests, std::array<std::uint32_t, 4>{10, 11, 12, 13}, bytes);
  ASSERT_TRUE(size.is_ok()) << size.status().message();
  LookupQuery query;
  ASSERT_TRUE(decode_lookup(std::span(bytes).first(*size), &query).is_ok());
  ASSERT_EQ(query.groups.size(), 2u);
  EXPECT_EQ(query.groups[0].items, 2u);
  EXPECT_EQ(query.groups[1].space, SpaceId{6});
  EXPECT_EQ(query.groups[1].layer, Layer{7});
  ASSERT_EQ(query.items.size(), 3u);
  EXPECT_TRUE(query.items[1].has_feature);
  EXPECT_EQ(query.items[2].key, (Key{2, 1}));
  EXPECT_EQ(query.groups[0].neighbours, 1u);
  EXPECT_EQ(query.groups[1].neighbours, 2u);
  EXPECT_EQ(query.leases, (std::vector<std::uint32_t>{10, 11, 12, 13}));
  EXPECT_EQ(query.features, (std::vector<float>{1, 2, 3}));
}

// A lookup of 4 items with 3 neighbours each, in which the group says otherwise.
std::vector<std::byte> lookup_that_says(std::uint16_t items, std::uint16_t neighbours) {
  std::vector<std::byte> bytes = encoded_lookup(4, 0, 3);
  // The group: space 4, layer 5, distance, items, neighbours.
  const std::array<std::uint32_t, 2> begin{4, 5};
  const auto at = std::search(bytes.begin(), bytes.end(), std::as_bytes(std::span(begin)).begin(),
                              std::as_bytes(std::span(begin)).end());
  const auto offset = static_cast<std::size_t>(at - bytes.begin()) + 12;
  std::array<std::uint16_t, 2> numbers{};
  EXPECT_LE(offset + sizeof(numbers), bytes.size());
  std::memcpy(numbers.data(), bytes.data() + offset, sizeof(numbers));
  EXPECT_EQ(numbers, (std::array<std::uint16_t, 2>{4, 3}));
  numbers = {items, neighbours};
  std::memcpy(bytes.data() + offset, numbers.data(), sizeof(numbers));
  return bytes;
}

// Whatever a group says of its items, all items together are those that are there.
TEST(RingMessages, GroupsThatDoNotCoverTheItemsAreMalformed) {
  LookupQuery query;
  ASSERT_TRUE(decode_lookup(lookup_that_says(4, 3), &query).is_ok());
  for (const std::uint16_t items : {0, 3, 5, 0xffff})
    EXPECT_FALSE(decode_lookup(lookup_that_says(items, 3), &query).is_ok()) << items;
}

TEST(RingMessages, NeighboursBeyondTheLimitsOrWithoutLeasesAreMalformed) {
  LookupQuery query;
  for (const std::uint16_t neighbours : {0, 1, 2, 4, 16, 17, 0xffff})
    EXPECT_FALSE(decode_lookup(lookup_that_says(4, neighbours), &query).is_ok()) << neighbours;
}

TEST(RingMessages, MoreAnswersThanAReplyHoldsAreMalformed) {
  LookupQuery query;
  EXPECT_TRUE(decode_lookup(encoded_lookup(6, 0, kMaxNeighbours), &query).is_ok());
  EXPECT_FALSE(decode_lookup(encoded_lookup(7, 0, kMaxNeighbours), &query).is_ok());
  EXPECT_FALSE(decode_lookup(encoded_lookup(1, 0, kMaxNeighbours + 1), &query).is_ok());
}

TEST(RingMessages, LargestReplyFitsAndComesBack) {
  LookupAnswers sent;
  sent.answers.assign(segment::kMaxAnswersPerLookup, {.kind = LookupAnswer::Kind::similar,
                                                      .length = 7,
                                                      .distance = 1.5f,
                                                      .generation = Generation{9},
                                                      .state_word_offset = 64,
                                                      .payload_offset = 128,
                                                      .payload_bytes = 256,
                                                      .key = {3, 4}});
  std::vector<std::byte> bytes(segment::kLookupReplyBytes);
  const auto size = encode_answers(sent, bytes);
  ASSERT_TRUE(size.is_ok()) << size.status().message();
  bytes.resize(*size);
  LookupAnswers received;
  ASSERT_TRUE(decode_answers(bytes, &received).is_ok());
  ASSERT_EQ(received.answers.size(), segment::kMaxAnswersPerLookup);
  EXPECT_EQ(received.answers[95].key, (Key{3, 4}));
  EXPECT_EQ(received.answers[95].payload_offset, 128u);
  EXPECT_EQ(received.answers[95].distance, 1.5f);
}

TEST(RingMessages, NumbersThatAreNotFiniteAreMalformed) {
  PublishOrder order;
  EXPECT_TRUE(decode_publish(encoded_publish(1), &order).is_ok());
  EXPECT_FALSE(decode_publish(encoded_publish(std::nanf("")), &order).is_ok());
  EXPECT_FALSE(decode_publish(encoded_publish(std::numeric_limits<float>::infinity()), &order).is_ok());
  EXPECT_TRUE(decode_publish(encoded_publish(1, kMaxPenalty), &order).is_ok());
  EXPECT_EQ(order.penalty, kMaxPenalty);
  for (const float bad : {0.0f, -1.0f, kMaxPenalty * 1.01f, std::nanf("")})
    EXPECT_FALSE(decode_publish(encoded_publish(1, bad), &order).is_ok()) << bad;
}

TEST(RingMessages, EmptyMessageIsMalformed) {
  LookupQuery query;
  EXPECT_FALSE(decode_lookup({}, &query).is_ok());
}

TEST(ControlMessages, OpenSpaceComesBack) {
  const SpaceSpec spec{
      .model = {1, 2}, .length_bucket = 3, .heads = 4, .feature_dimension = 5, .payload_bytes = 6};
  const auto request = decode_request(encode_request({.version = 1, .body = spec}));
  ASSERT_TRUE(request.is_ok()) << request.status().message();
  EXPECT_EQ(std::get<SpaceSpec>(request->body), spec);
}

TEST(ControlMessages, ProcessNameCannotForgeLogLines) {
  const AttachRequest attach{.draft_bytes = 1, .leases = 2, .process = "evil\nmemod: ready"};
  const auto request = decode_request(encode_request({.version = 1, .body = attach}));
  ASSERT_TRUE(request.is_ok());
  EXPECT_EQ(std::get<AttachRequest>(request->body).process, "evil?memod: ready");
}

TEST(ControlMessages, RefusalCarriesItsMessage) {
  const auto reply = decode_reply(encode_reply({.status = {StatusCode::full, "no room"}, .body = {}}));
  ASSERT_TRUE(reply.is_ok());
  EXPECT_EQ(reply->status.code(), StatusCode::full);
  EXPECT_EQ(reply->status.message(), "no room");
}

// Random changes of valid messages: decoding may fail or succeed, but touches nothing outside (the sanitizers watch)
// and what it accepts is within bounds.
class Mutations : public testing::TestWithParam<unsigned> {
 protected:
  std::vector<std::byte> mutate(std::vector<std::byte> bytes) {
    std::uniform_int_distribution<std::size_t> where(0, bytes.size() - 1);
    std::uniform_int_distribution<int> value(0, 255);
    for (int changes = std::uniform_int_distribution<int>(1, 8)(random_); changes > 0; --changes)
      bytes[where(random_)] = static_cast<std::byte>(value(random_));
    if (value(random_) < 32) bytes.resize(where(random_) / 8 * 8);
    return bytes;
  }
  std::mt19937 random_{GetParam()};
};

TEST_P(Mutations, OfRingMessagesStayWithinBounds) {
  const auto lookup = encoded_lookup(4, 8, 3);
  const auto publish = encoded_publish(1);
  LookupQuery query;
  LookupAnswers answers;
  PublishOrder order;
  for (int i = 0; i < 2000; ++i) {
    if (decode_lookup(mutate(lookup), &query)) {
      EXPECT_LE(query.items.size(), segment::kMaxItemsPerLookup);
      std::size_t grouped = 0;
      std::size_t wanted = 0;
      for (const LookupQuery::Group& group : query.groups) {
        EXPECT_LT(static_cast<std::uint32_t>(group.layer), kMaxLayers);
        grouped += group.items;
        wanted += group.answers();
      }
      EXPECT_EQ(grouped, query.items.size());
      EXPECT_EQ(wanted, query.leases.size());
      EXPECT_LE(wanted, segment::kMaxAnswersPerLookup);
    }
    if (decode_answers(mutate(lookup), &answers)) {
      EXPECT_LE(answers.answers.size(), segment::kMaxAnswersPerLookup);
    }
    if (decode_publish(mutate(publish), &order)) {
      EXPECT_LE(order.feature.size(), kMaxFeatureDimension);
    }
  }
}

TEST_P(Mutations, OfControlMessagesNeverCrash) {
  StatsPage page;
  page.stats.spaces.resize(3);
  for (SpaceStats& space : page.stats.spaces) space.layers.resize(4);
  const auto request =
      encode_request({.version = 1, .body = AttachRequest{.draft_bytes = 1, .leases = 1, .process = "x"}});
  const auto reply = encode_reply({.status = {}, .body = page});
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    accepted += decode_request(mutate(request)).is_ok();
    accepted += decode_reply(mutate(reply)).is_ok();
  }
  EXPECT_GT(accepted, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutations, testing::Range(0u, 5u));

}  // namespace
}  // namespace memo
