// The C ABI against a daemon; what a C program does is in c_abi_in_c.c.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "memo/memo.h"
#include "tests/client/c_abi_in_c.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

// No field is lost between the compilers, and none moves: what was compiled with the first memo.h still works.
static_assert(sizeof(memo_attach_options) == 40 && sizeof(memo_space_spec) == 56 && sizeof(memo_query) == 56 &&
              sizeof(memo_match) == 56 && sizeof(memo_publication) == 56 && sizeof(memo_publish_counts) == 552);

class CAbi : public testing::Test {
 protected:
  void SetUp() override {
    memo_attach_options options = {};
    options.struct_size = sizeof(options);
    options.lookup_timeout_us = 30'000'000;
    options.control_timeout_ms = 30'000;
    options.retry_interval_ms = 5;
    options.leases = 64;
    options.draft_bytes = 4 << 20;
    ASSERT_EQ(memo_attach(("unix:" + pool_.socket_path()).c_str(), &options, &client_, &error_), MEMO_OK)
        << message();
    const memo_space_spec spec = c_space_spec();
    ASSERT_EQ(memo_open_space(client_, &spec, &space_, &error_), MEMO_OK) << message();
  }
  void TearDown() override { memo_close(client_); }

  std::string message() const { return error_.message; }
  void publish(std::uint8_t number, bool has_feature = true) {
    ASSERT_EQ(c_publish(client_, space_, number, has_feature, &error_), MEMO_OK) << message();
  }
  memo_match describe(const memo_view* view) {
    memo_match match = {};
    match.struct_size = sizeof(match);
    EXPECT_EQ(memo_view_describe(view, &match, &error_), MEMO_OK) << message();
    return match;
  }
  // What the lookup of `query` says. A view is released.
  memo_status lookup(const memo_query& query) {
    memo_view* view = nullptr;
    const memo_status status = memo_lookup(client_, &query, &view, &error_);
    EXPECT_EQ(view != nullptr, status == MEMO_OK);
    memo_view_release(view);
    return status;
  }
  // What publishing with `publication` says, whatever it is.
  memo_status publish_as(const memo_publication* publication) {
    memo_draft* draft = nullptr;
    EXPECT_EQ(memo_draft_make(client_, space_, 100, &draft, &error_), MEMO_OK) << message();
    return memo_publish(client_, draft, publication, &error_);
  }

  ServedPool pool_;
  memo_client* client_ = nullptr;
  memo_space space_ = 0;
  memo_error error_ = {};
};

memo_publication publication_of(std::uint8_t number) {
  memo_publication publication = {};
  publication.struct_size = sizeof(publication);
  publication.key = {0xfeed, number};
  publication.length = 9;
  return publication;
}

TEST_F(CAbi, PublishedMemoIsFoundByItsKey) {
  publish(7);
  const memo_query query = c_query(space_, 7);
  memo_view* view = nullptr;
  ASSERT_EQ(memo_lookup(client_, &query, &view, &error_), MEMO_OK) << message();
  EXPECT_EQ(message(), "");
  EXPECT_TRUE(c_is_payload_of(view, 7));
  const memo_match match = describe(view);
  EXPECT_EQ(match.key.high, 0xfeedu);
  EXPECT_EQ(match.key.low, 7u);
  EXPECT_EQ(match.length, 9u);
  EXPECT_EQ(match.exact, 1u);
  EXPECT_EQ(match.distance, 0);
  memo_view_release(view);
}

TEST_F(CAbi, SimilarMemosAreFoundByTheirFeatureNearestFirst) {
  publish(7);
  publish(9);
  const std::array<float, kCFeatureDimension> feature = {73};
  memo_query query = c_query(space_, 1);
  query.feature = feature.data();
  query.feature_dimension = kCFeatureDimension;
  query.max_distance = 18;
  std::array<memo_view*, 3> views = {};
  ASSERT_EQ(memo_lookup_batch(client_, &query, 1, 3, views.data(), &error_), MEMO_OK) << message();
  EXPECT_TRUE(c_is_payload_of(views[0], 7));
  EXPECT_FLOAT_EQ(describe(views[0]).distance, 3);
  EXPECT_EQ(describe(views[0]).exact, 0u);
  EXPECT_TRUE(c_is_payload_of(views[1], 9));
  EXPECT_EQ(views[2], nullptr);
  for (memo_view* view : views) memo_view_release(view);
}

TEST_F(CAbi, BatchAnswersEachQueryInItsPlace) {
  publish(1);
  publish(2);
  std::vector<memo_query> queries = {c_query(space_, 2), c_query(space_, 3), c_query(space_, 1),
                                     c_query(space_, 1)};
  queries[3].layer = 5;
  std::vector<memo_view*> views(queries.size());
  ASSERT_EQ(memo_lookup_batch(client_, queries.data(), queries.size(), 1, views.data(), &error_), MEMO_OK);
  EXPECT_TRUE(c_is_payload_of(views[0], 2));
  EXPECT_EQ(views[1], nullptr);
  EXPECT_TRUE(c_is_payload_of(views[2], 1));
  EXPECT_EQ(views[3], nullptr);
  for (memo_view* view : views) memo_view_release(view);
}

TEST_F(CAbi, MissIsNotFoundAndSaysForWhat) {
  memo_query query = c_query(space_, 7);
  EXPECT_EQ(lookup(query), MEMO_NOT_FOUND);
  EXPECT_EQ(message(), "no memo has this key");
  const std::array<float, kCFeatureDimension> feature = {};
  query.feature = feature.data();
  query.feature_dimension = kCFeatureDimension;
  query.max_distance = 2.5;
  EXPECT_EQ(lookup(query), MEMO_NOT_FOUND);
  EXPECT_EQ(message(), "no memo has this key or is within 2.5");
}

TEST_F(CAbi, MemoWithoutAFeatureIsFoundByItsKeyOnly) {
  publish(0, false);
  memo_query query = c_query(space_, 0);
  EXPECT_EQ(lookup(query), MEMO_OK);
  const std::array<float, kCFeatureDimension> feature = {};
  query.key.low = 1;
  query.feature = feature.data();
  query.feature_dimension = kCFeatureDimension;
  query.max_distance = 1e9f;
  EXPECT_EQ(lookup(query), MEMO_NOT_FOUND);
}

TEST_F(CAbi, CountsWhatBecameOfPublishes) {
  publish(7);
  publish(7);
  memo_publish_counts counts = {};
  counts.struct_size = sizeof(counts);
  ASSERT_EQ(memo_get_publish_counts(client_, &counts, &error_), MEMO_OK) << message();
  EXPECT_EQ(counts.acknowledged, 1u);
  EXPECT_EQ(counts.duplicates, 1u);
  EXPECT_STREQ(counts.refusal.message, "");
}

TEST_F(CAbi, DeadDaemonIsAMissAndItsSuccessorAHit) {
  publish(7);
  EXPECT_EQ(memo_availability(client_, &error_), MEMO_OK);
  pool_.stop();
  ASSERT_TRUE(eventually([&] { return memo_availability(client_, &error_) == MEMO_UNAVAILABLE; }));
  EXPECT_EQ(lookup(c_query(space_, 7)), MEMO_UNAVAILABLE);
  EXPECT_NE(message(), "");
  EXPECT_EQ(c_publish(client_, space_, 8, 1, &error_), MEMO_UNAVAILABLE);
  pool_.start();
  EXPECT_TRUE(eventually([&] { return lookup(c_query(space_, 7)) == MEMO_OK; })) << message();
}

TEST_F(CAbi, ViewsAndDraftsOutliveDaemonAndClient) {
  publish(7);
  const memo_query query = c_query(space_, 7);
  memo_view* view = nullptr;
  ASSERT_EQ(memo_lookup(client_, &query, &view, &error_), MEMO_OK) << message();
  memo_draft* draft = nullptr;
  ASSERT_EQ(memo_draft_make(client_, space_, 100, &draft, &error_), MEMO_OK) << message();
  pool_.stop();
  memo_close(std::exchange(client_, nullptr));
  EXPECT_EQ(static_cast<const std::uint8_t*>(describe(view).payload)[99], 7);
  memo_view_release(view);
  void* payload = nullptr;
  std::size_t bytes = 0;
  ASSERT_EQ(memo_draft_payload(draft, &payload, &bytes, &error_), MEMO_OK) << message();
  EXPECT_EQ(bytes, 100u);
  std::memset(payload, 1, bytes);
  memo_draft_discard(draft);
}

TEST_F(CAbi, DraftOfAnotherClientIsRefused) {
  memo_client* other = nullptr;
  ASSERT_EQ(memo_attach(("unix:" + pool_.socket_path()).c_str(), nullptr, &other, &error_), MEMO_OK) << message();
  const memo_space_spec spec = c_space_spec();
  ASSERT_EQ(memo_open_space(other, &spec, &space_, &error_), MEMO_OK) << message();
  memo_draft* draft = nullptr;
  ASSERT_EQ(memo_draft_make(client_, space_, 100, &draft, &error_), MEMO_OK) << message();
  const memo_publication publication = publication_of(7);
  EXPECT_EQ(memo_publish(other, draft, &publication, &error_), MEMO_UNAVAILABLE);
  memo_close(other);
}

TEST_F(CAbi, NullIsRefusedByName) {
  const memo_query query = c_query(space_, 7);
  const memo_space_spec spec = c_space_spec();
  const memo_publication publication = publication_of(7);
  memo_client* client = nullptr;
  memo_view* view = nullptr;
  memo_draft* draft = nullptr;
  memo_match match = {};
  memo_publish_counts counts = {};
  void* payload = nullptr;
  std::size_t bytes = 0;
  const auto expect_refused = [this](memo_status status, const std::string& name) {
    EXPECT_EQ(status, MEMO_INVALID_ARGUMENT);
    EXPECT_EQ(message(), name + " is NULL");
  };
  expect_refused(memo_attach(nullptr, nullptr, &client, &error_), "endpoint");
  expect_refused(memo_attach("unix:/x", nullptr, nullptr, &error_), "client");
  expect_refused(memo_availability(nullptr, &error_), "client");
  expect_refused(memo_open_space(nullptr, &spec, &space_, &error_), "client");
  expect_refused(memo_open_space(client_, nullptr, &space_, &error_), "spec");
  expect_refused(memo_open_space(client_, &spec, nullptr, &error_), "space");
  expect_refused(memo_lookup(nullptr, &query, &view, &error_), "client");
  expect_refused(memo_lookup(client_, nullptr, &view, &error_), "query");
  expect_refused(memo_lookup(client_, &query, nullptr, &error_), "view");
  expect_refused(memo_lookup_batch(nullptr, &query, 1, 1, &view, &error_), "client");
  expect_refused(memo_lookup_batch(client_, nullptr, 1, 1, &view, &error_), "queries");
  expect_refused(memo_lookup_batch(client_, &query, 1, 1, nullptr, &error_), "views");
  expect_refused(memo_view_describe(nullptr, &match, &error_), "view");
  expect_refused(memo_view_check(nullptr, &error_), "view");
  expect_refused(memo_draft_make(nullptr, space_, 1, &draft, &error_), "client");
  expect_refused(memo_draft_make(client_, space_, 1, nullptr, &error_), "draft");
  expect_refused(memo_draft_payload(nullptr, &payload, &bytes, &error_), "draft");
  expect_refused(memo_publish(client_, nullptr, &publication, &error_), "draft");
  expect_refused(publish_as(nullptr), "publication");
  expect_refused(memo_flush(nullptr, 1, &error_), "client");
  expect_refused(memo_get_publish_counts(nullptr, &counts, &error_), "client");
  expect_refused(memo_get_publish_counts(client_, nullptr, &error_), "counts");
  memo_close(nullptr);
  memo_view_release(nullptr);
  memo_draft_discard(nullptr);
}

TEST_F(CAbi, NullErrorIsAllowed) {
  EXPECT_EQ(memo_attach(nullptr, nullptr, nullptr, nullptr), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(memo_flush(client_, 1, nullptr), MEMO_OK);
}

TEST_F(CAbi, PublishReleasesTheDraftWhateverIsWrong) {
  memo_draft* draft = nullptr;
  ASSERT_EQ(memo_draft_make(client_, space_, kCPayloadBytes, &draft, &error_), MEMO_OK) << message();
  const memo_publication publication = publication_of(7);
  EXPECT_EQ(memo_publish(nullptr, draft, &publication, &error_), MEMO_INVALID_ARGUMENT);
}

TEST_F(CAbi, StructSizesThatCannotBeAreRefused) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{8}, std::size_t{55}, std::size_t{57},
                                 std::size_t{4097}, std::numeric_limits<std::size_t>::max()}) {
    memo_query query = c_query(space_, 7);
    query.struct_size = size;
    EXPECT_EQ(lookup(query), MEMO_INVALID_ARGUMENT);
    EXPECT_EQ(message(), "query: struct_size is " + std::to_string(size) +
                             ", must be 56 to 4096 in steps of 8; set it to sizeof(*query)");
    memo_space_spec spec = c_space_spec();
    spec.struct_size = size;
    EXPECT_EQ(memo_open_space(client_, &spec, &space_, &error_), MEMO_INVALID_ARGUMENT);
    memo_publication publication = publication_of(7);
    publication.struct_size = size;
    EXPECT_EQ(publish_as(&publication), MEMO_INVALID_ARGUMENT);
    memo_publish_counts counts = {};
    counts.struct_size = size;
    EXPECT_EQ(memo_get_publish_counts(client_, &counts, &error_), MEMO_INVALID_ARGUMENT);
  }
}

TEST_F(CAbi, StructOfANewerHeaderIsTakenWhileItsNewFieldsAreZero) {
  publish(7);
  struct Newer {
    memo_query known;
    std::uint64_t added = 0;
  };
  std::array<Newer, 2> queries = {};
  for (Newer& query : queries) {
    query.known = c_query(space_, 7);
    query.known.struct_size = sizeof(Newer);
  }
  std::array<memo_view*, 2> views = {};
  ASSERT_EQ(memo_lookup_batch(client_, &queries[0].known, 2, 1, views.data(), &error_), MEMO_OK) << message();
  for (memo_view* view : views) {
    EXPECT_TRUE(c_is_payload_of(view, 7));
    memo_view_release(view);
  }
  queries[1].added = 1;
  EXPECT_EQ(memo_lookup_batch(client_, &queries[0].known, 2, 1, views.data(), &error_), MEMO_UNSUPPORTED);
  EXPECT_EQ(message(), "query: sets fields beyond the 56 bytes that this library knows; use a newer one");
  EXPECT_EQ(views[0], nullptr);
}

TEST_F(CAbi, WhatANewerHeaderAddsToAMatchIsZero) {
  publish(7);
  const memo_query query = c_query(space_, 7);
  memo_view* view = nullptr;
  ASSERT_EQ(memo_lookup(client_, &query, &view, &error_), MEMO_OK) << message();
  struct Newer {
    memo_match known = {};
    std::uint64_t added = 5;
  } match;
  match.known.struct_size = sizeof(match);
  EXPECT_EQ(memo_view_describe(view, &match.known, &error_), MEMO_OK) << message();
  EXPECT_EQ(match.known.payload_bytes, std::size_t{kCPayloadBytes});
  EXPECT_EQ(match.added, 0u);
  memo_view_release(view);
}

TEST_F(CAbi, QueriesOfDifferentStructSizesAreRefused) {
  std::array<memo_query, 2> queries = {c_query(space_, 1), c_query(space_, 2)};
  queries[1].struct_size = sizeof(memo_query) + 8;
  std::array<memo_view*, 2> views = {};
  EXPECT_EQ(memo_lookup_batch(client_, queries.data(), 2, 1, views.data(), &error_), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "query 1: struct_size is 64, that of the first is 56");
}

TEST_F(CAbi, BatchSizesOutOfRangeAreRefusedAndNothingIsWritten) {
  const memo_query query = c_query(space_, 7);
  auto* const untouched = reinterpret_cast<memo_view*>(std::uintptr_t{16});
  memo_view* view = untouched;
  const auto expect_refused = [&](std::size_t count, std::uint32_t neighbours, const std::string& why) {
    EXPECT_EQ(memo_lookup_batch(client_, &query, count, neighbours, &view, &error_), MEMO_INVALID_ARGUMENT);
    EXPECT_EQ(message(), why);
    EXPECT_EQ(view, untouched);
  };
  expect_refused(0, 1, "lookup: query_count is 0, must be 1 to 65536");
  expect_refused(65537, 1, "lookup: query_count is 65537, must be 1 to 65536");
  expect_refused(1, 0, "lookup: neighbours is 0, must be 1 to 16");
  expect_refused(1, 17, "lookup: neighbours is 17, must be 1 to 16");
}

TEST_F(CAbi, FeaturesThatCannotBeAreRefused) {
  const std::array<float, kCFeatureDimension> feature = {std::numeric_limits<float>::quiet_NaN()};
  // `why` follows the name of the call where a rule of all stores is broken.
  const auto expect_refused = [&](const float* floats, std::uint32_t dimension, const std::string& why) {
    const bool of_all_stores = why.starts_with(": ");
    memo_query query = c_query(space_, 7);
    query.feature = floats;
    query.feature_dimension = dimension;
    EXPECT_EQ(lookup(query), MEMO_INVALID_ARGUMENT);
    EXPECT_EQ(message(), of_all_stores ? "lookup" + why : why);
    memo_publication publication = publication_of(7);
    publication.feature = floats;
    publication.feature_dimension = dimension;
    EXPECT_EQ(publish_as(&publication), MEMO_INVALID_ARGUMENT);
    EXPECT_EQ(message(), of_all_stores ? "publish" + why : why);
  };
  expect_refused(nullptr, 8, "feature is NULL and feature_dimension is 8: set both or neither");
  expect_refused(feature.data(), 0, "feature is set and feature_dimension is 0: set both or neither");
  expect_refused(feature.data(), 257, "feature_dimension is 257, must be at most 256");
  expect_refused(feature.data(), 7, ": feature has 7 floats, the space has 8");
  expect_refused(feature.data(), 8, ": feature[0] is nan, must be finite");
}

TEST_F(CAbi, NumbersOutOfRangeAreRefused) {
  memo_query query = c_query(space_, 7);
  query.layer = 1024;
  EXPECT_EQ(lookup(query), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "lookup: layer is 1024, must be 0 to 1023");
  EXPECT_EQ(lookup(c_query(99, 7)), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "there is no space 99 in this store");
  memo_draft* draft = nullptr;
  EXPECT_EQ(memo_draft_make(client_, 99, 1, &draft, &error_), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "there is no space 99 in this store");
  EXPECT_EQ(memo_draft_make(client_, space_, 0, &draft, &error_), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "draft: payload size is 0, must be 1 to 4096");
  memo_space_spec spec = c_space_spec();
  spec.kind = 9;
  EXPECT_EQ(memo_open_space(client_, &spec, &space_, &error_), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "space: kind is 9, must be 1 to 4");
  memo_publication publication = publication_of(7);
  publication.length = 0;
  EXPECT_EQ(publish_as(&publication), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(message(), "publish: length is 0, must be 1 to 128");
}

TEST(CAbiAttach, BadEndpointsAndOptionsAreRefused) {
  memo_error error = {};
  auto* client = reinterpret_cast<memo_client*>(std::uintptr_t{16});
  EXPECT_EQ(memo_attach("/no/scheme", nullptr, &client, &error), MEMO_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "endpoint must be unix:PATH or file:PATH, not \"/no/scheme\"");
  EXPECT_EQ(client, nullptr);
  memo_attach_options options = {};
  EXPECT_EQ(memo_attach("unix:/socket", &options, &client, &error), MEMO_INVALID_ARGUMENT);
  options.struct_size = sizeof(options);
  options.leases = 65537;
  EXPECT_EQ(memo_attach("unix:/socket", &options, &client, &error), MEMO_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "leases is 65537, must be 1 to 65536");
  options.leases = 0;
  options.flags = 6;
  EXPECT_EQ(memo_attach("unix:/socket", &options, &client, &error), MEMO_UNSUPPORTED);
  EXPECT_STREQ(error.message, "options: flags 0x6 are not known");
}

TEST(CAbiAttach, WithoutADaemonLookupsMiss) {
  TempDir folder;
  memo_error error = {};
  memo_client* client = nullptr;
  ASSERT_EQ(memo_attach(("unix:" + folder.file("socket")).c_str(), nullptr, &client, &error), MEMO_OK);
  const memo_space_spec spec = c_space_spec();
  memo_space space = 9;
  ASSERT_EQ(memo_open_space(client, &spec, &space, &error), MEMO_OK) << error.message;
  const memo_query query = c_query(space, 7);
  memo_view* view = nullptr;
  EXPECT_EQ(memo_lookup(client, &query, &view, &error), MEMO_UNAVAILABLE);
  EXPECT_EQ(std::string(error.message), "no memod at " + folder.file("socket") + ": there is no such socket");
  memo_close(client);
}

TEST(CAbiAttach, LongMessagesAreCut) {
  memo_error error = {};
  memo_client* client = nullptr;
  EXPECT_EQ(memo_attach(std::string(2000, 'x').c_str(), nullptr, &client, &error), MEMO_INVALID_ARGUMENT);
  EXPECT_EQ(std::strlen(error.message), MEMO_MAX_MESSAGE_BYTES - 1);
}

TEST(CAbiVersion, NamesAndNumbers) {
  EXPECT_EQ(memo_abi_version(), MEMO_ABI_VERSION);
  EXPECT_EQ(std::count(memo_version(), memo_version() + std::strlen(memo_version()), '.'), 2);
  EXPECT_STREQ(memo_status_name(MEMO_DEADLINE_EXCEEDED), "deadline_exceeded");
  EXPECT_STREQ(memo_status_name(static_cast<memo_status>(12)), "unknown");
}

}  // namespace
}  // namespace memo::test
