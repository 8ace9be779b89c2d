#include "client/attached/attached_store.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

constexpr std::chrono::seconds kFlush{30};

Status publish(MemoStore& store, SpaceId space, std::uint64_t number) {
  MEMO_ASSIGN_OR_RETURN(auto draft, store.draft(space, 4096));
  fill_payload(number, draft.payload);
  const auto feature = feature_of(static_cast<double>(number));
  return store.publish(std::move(draft), {.key = key_of(number), .feature = feature, .length = 9});
}

std::vector<std::optional<Match>> lookup(MemoStore& store, SpaceId space, std::size_t count, Status* status) {
  std::vector<LookupItem> items(count, LookupItem{.key = key_of(1), .feature = {}, .min_length = 0});
  std::vector<std::optional<Match>> matches(count);
  *status = store.lookup({space, Layer{0}, 0, items}, matches);
  return matches;
}

// A listener that accepts nobody, as a stopped daemon: the kernel still queues its clients.
class SilentListener {
 public:
  explicit SilentListener(const std::string& path) : listener_(std::move(*Listener::open(path))) {}

 private:
  Listener listener_;
};

TEST(AttachedStore, WithoutADaemonCallsFailAtOnceAndSpacesAreRemembered) {
  TempDir folder;
  auto sut = AttachedStore::make(folder.file("socket"), {});
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_FALSE((*sut)->available());
  const auto space = (*sut)->open_space(small_space());
  ASSERT_TRUE(space.is_ok());
  Status status;
  lookup(**sut, *space, 1, &status);
  EXPECT_EQ(status.code(), StatusCode::unavailable);
  EXPECT_EQ((*sut)->draft(*space, 16).status().code(), StatusCode::unavailable);
}

TEST(AttachedStore, SaysWhyItIsNotAvailable) {
  TempDir folder;
  const std::string path = folder.file("socket");
  const auto reason = [&] { return (*AttachedStore::make(path, {}))->availability().message(); };
  EXPECT_EQ(reason(), "no memod at " + path + ": there is no such socket");
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    const auto address = make_socket_address(path);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)), 0);
  }
  EXPECT_EQ(reason(), "no memod at " + path + ": nobody listens there any more");
}

TEST(AttachedStore, SaysWithWhatTheDaemonRefusedIt) {
  ServedPool pool(64ull << 20, 0);
  const auto sut = pool.attach();
  EXPECT_EQ(sut->availability().code(), StatusCode::unavailable);
  EXPECT_EQ(sut->availability().message(), "memod serves at most 0 connections; close one");
}

TEST(AttachedStore, RefusedPublishSaysWhy) {
  ServedPool pool(16ull << 20);
  const auto sut = pool.attach();
  const auto space = sut->open_space(small_space());
  std::uint64_t number = 0;
  for (; sut->publish_counts().refused == 0; ++number) {
    ASSERT_TRUE(publish(*sut, *space, number).is_ok());
    ASSERT_TRUE(sut->flush(kFlush).is_ok());
  }
  EXPECT_NE(sut->publish_counts().refusal.find("full"), std::string::npos) << sut->publish_counts().refusal;
}

// A client that does not check what it sends.
class UncheckedClient : public testing::Test {
 protected:
  UncheckedClient() : sut_(std::move(*Attachment::open(pool_.socket_path(), ServedPool::patient(), ledger_))) {
    EXPECT_TRUE(sut_->open_space(SpaceId{0}, small_space()).is_ok());
  }

  Status lookup(const LookupRequest& request) {
    std::vector<std::optional<Match>> matches(count_matches({&request, 1}));
    const LookupChannel::Asked asked{request, small_space()};
    return sut_->lookups().lookup({&asked, 1}, RingClient::Clock::now() + kFlush, matches);
  }
  // What became of it.
  MemoStore::PublishCounts publish(std::size_t bytes, const Publication& publication) {
    Draft draft = sut_->memory().make_draft(SpaceId{0}, bytes);
    EXPECT_TRUE(sut_->publishes().publish(std::move(draft), *sut_->remote_id(SpaceId{0}), publication).is_ok());
    EXPECT_TRUE(sut_->publishes().flush(PublishChannel::Clock::now() + kFlush).is_ok());
    return ledger_->counts();
  }

  ServedPool pool_;
  std::shared_ptr<PublishLedger> ledger_ = std::make_shared<PublishLedger>();
  std::shared_ptr<Attachment> sut_;
};

TEST_F(UncheckedClient, IsToldWhyALookupIsRefused) {
  const LookupItem item{.key = key_of(1), .feature = {}, .min_length = 0};
  const SpaceId space = *sut_->remote_id(SpaceId{0});
  EXPECT_EQ(lookup({space, Layer{0}, -1, {&item, 1}}).message(),
            "memod refused the lookup: lookup: max_distance is -1, must be 0 or more");
  const Status unknown = lookup({SpaceId{200}, Layer{0}, 0, {&item, 1}});
  EXPECT_EQ(unknown.code(), StatusCode::invalid_argument);
  EXPECT_EQ(unknown.message(), "memod refused the lookup: there is no space 200 in this store");
  EXPECT_TRUE(lookup({space, Layer{0}, 0, {&item, 1}}).is_ok());  // the session goes on
}

TEST_F(UncheckedClient, IsToldWhyAPublicationIsRefused) {
  const auto feature = feature_of(1);
  EXPECT_EQ(publish(4097, {.key = key_of(1), .feature = feature, .length = 9}).refusal,
            "publish: payload size is 4097, must be 1 to 4096");
  EXPECT_EQ(publish(4096, {.key = key_of(1), .feature = feature, .length = 0}).refusal,
            "publish: length is 0, must be 1 to 128");
  EXPECT_EQ(publish(4096, {.key = key_of(1), .feature = {}, .length = 9}).refusal,
            "publish: feature has 0 floats, the space has 8");
  EXPECT_EQ(publish(4096, {.key = key_of(1), .feature = feature, .length = 9}).acknowledged, 1u);
}

TEST(AttachedStore, SpaceOpenedBeforeTheDaemonCameIsUsableOnceItIsThere) {
  ServedPool pool;
  pool.stop();
  const auto sut = pool.attach();
  const auto space = sut->open_space(small_space());
  pool.start();
  ASSERT_TRUE(eventually([&] { return sut->draft(*space, 16).is_ok(); }));
  ASSERT_TRUE(publish(*sut, *space, 1).is_ok());
  EXPECT_TRUE(sut->flush(kFlush).is_ok());
}

TEST(AttachedStore, RestartedDaemonIsFoundAgainWithItsMemos) {
  ServedPool pool;
  const auto sut = pool.attach();
  const auto space = sut->open_space(small_space());
  ASSERT_TRUE(publish(*sut, *space, 1).is_ok());
  ASSERT_TRUE(sut->flush(kFlush).is_ok());
  const auto token = sut->boot_token();
  pool.stop();
  ASSERT_TRUE(eventually([&] { return !sut->available(); }));
  pool.start();
  ASSERT_TRUE(eventually([&] { return sut->available(); }));
  EXPECT_NE(sut->boot_token(), token);
  Status status;
  ASSERT_TRUE(eventually([&] { return lookup(*sut, *space, 1, &status)[0].has_value(); })) << status.message();
}

TEST(AttachedStore, ViewOutlivesDaemonAndStore) {
  ServedPool pool;
  auto store = pool.attach();
  const auto space = store->open_space(small_space());
  ASSERT_TRUE(publish(*store, *space, 1).is_ok());
  ASSERT_TRUE(store->flush(kFlush).is_ok());
  Status status;
  auto matches = lookup(*store, *space, 1, &status);
  ASSERT_TRUE(matches[0].has_value()) << status.message();
  pool.stop();
  store.reset();
  EXPECT_TRUE(equal(matches[0]->view.payload(), payload_of(1, 4096)));
}

TEST(AttachedStore, DraftOfAnEarlierSessionIsRefusedAndCounted) {
  ServedPool pool;
  const auto sut = pool.attach();
  const auto space = sut->open_space(small_space());
  auto draft = sut->draft(*space, 4096);
  ASSERT_TRUE(draft.is_ok());
  pool.stop();
  pool.start();
  ASSERT_TRUE(eventually([&] { return sut->draft(*space, 16).is_ok(); }));
  const auto feature = feature_of(1);
  const Status late = sut->publish(std::move(*draft), {.key = key_of(1), .feature = feature, .length = 9});
  EXPECT_EQ(late.code(), StatusCode::unavailable);
  EXPECT_EQ(sut->publish_counts().dropped, 1u);
}

TEST(AttachedStore, BatchLargerThanTheRingIsAnsweredWhole) {
  ServedPool pool;
  AttachOptions options = ServedPool::patient();
  options.leases = 2048;
  const auto sut = pool.attach(options);
  const auto space = sut->open_space(small_space());
  ASSERT_TRUE(publish(*sut, *space, 1).is_ok());
  ASSERT_TRUE(sut->flush(kFlush).is_ok());
  Status status;
  const auto matches = lookup(*sut, *space, segment::kMaxItemsPerLookup * (segment::kLookupCells + 5), &status);
  ASSERT_TRUE(status.is_ok()) << status.message();
  for (const auto& match : matches) EXPECT_TRUE(match.has_value());
}

TEST(AttachedStore, HeldViewsUseUpLeasesUntilTheyAreDropped) {
  ServedPool pool;
  const auto sut = pool.attach();
  const auto space = sut->open_space(small_space());
  ASSERT_TRUE(publish(*sut, *space, 1).is_ok());
  ASSERT_TRUE(sut->flush(kFlush).is_ok());
  Status status;
  auto held = lookup(*sut, *space, ServedPool::patient().leases, &status);
  ASSERT_TRUE(status.is_ok()) << status.message();
  lookup(*sut, *space, 1, &status);
  EXPECT_EQ(status.code(), StatusCode::busy);
  held.clear();
  EXPECT_TRUE(lookup(*sut, *space, 1, &status)[0].has_value());
}

TEST(AttachedStore, DaemonThatNeverAnswersTheHandshakeIsUnavailable) {
  TempDir folder;
  const SilentListener silent(folder.file("socket"));
  AttachOptions options;
  options.control_timeout = std::chrono::milliseconds(20);
  auto sut = AttachedStore::make(folder.file("socket"), options);
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_FALSE((*sut)->available());
}

TEST(Attach, BadEndpointsAndOptionsAreRefused) {
  EXPECT_EQ(attach("/no/scheme").status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(attach("file:/pool").status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(attach("unix:/" + std::string(107, 'x')).status().code(), StatusCode::invalid_argument);
  AttachOptions options;
  options.leases = 0;
  EXPECT_EQ(attach("unix:/socket", options).status().code(), StatusCode::invalid_argument);
}

}  // namespace
}  // namespace memo::test
