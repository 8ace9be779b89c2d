// A client of our own making that breaks the protocol, beside a well-behaved one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "client/protocol/ring/futex.h"
#include "client/protocol/ring/ring_cells.h"
#include "client/protocol/ring_messages.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

constexpr std::uint64_t kDraftBytes = segment::kDraftGranule;
constexpr std::uint32_t kLeases = 8;

// Attached by hand: writes whatever it likes into its segment.
class RawClient {
 public:
  explicit RawClient(const std::string& socket_path) {
    auto control = ControlClient::connect(socket_path, std::chrono::seconds(30));
    control_ = std::move(*control);
    auto attached = control_->attach({.draft_bytes = kDraftBytes, .leases = kLeases, .process = "raw"});
    space_ = *control_->open_space(small_space());
    layout_ = segment::Layout::make(kDraftBytes, kLeases);
    segment_ = std::move(*Mapping::map(attached->segment.get(), layout_.total_bytes, Mapping::Access::read_write));
  }

  RingCells lookup_ring() const { return {segment_.bytes().subspan(layout_.lookup_ring), segment::kLookupRing}; }
  RingCells publish_ring() const {
    return {segment_.bytes().subspan(layout_.publish_ring), segment::kPublishRing};
  }
  SpaceId space() const { return space_; }
  SpaceId open(const SpaceSpec& spec) { return *control_->open_space(spec); }

  // Puts bytes into cell 0 as request 0.
  static void put(const RingCells& ring, std::span<const std::byte> bytes, std::uint32_t claimed_size) {
    std::ranges::copy(bytes, ring.request(0).begin());
    ring.header(0).request_size = claimed_size;
    ring.header(0).phase.store(RingCells::request_phase(0));
    doorbell(ring, 1);
  }
  static void doorbell(const RingCells& ring, std::uint32_t submitted) {
    ring.doorbell().submitted.store(submitted);
    futex_wake_all(ring.doorbell().submitted);
  }

  bool session_ended() {
    return eventually([this] { return !control_->stats().is_ok(); });
  }

 private:
  std::unique_ptr<ControlClient> control_;
  segment::Layout layout_;
  Mapping segment_;
  SpaceId space_{};
};

class HostileClient : public testing::Test {
 protected:
  HostileClient() : good_(pool_.attach()), raw_(pool_.socket_path()) {
    space_ = *good_->open_space(small_space());
  }

  // The bad session is over and said so in one line; the good one works.
  void expect_only_the_bad_session_ended() {
    EXPECT_TRUE(raw_.session_ended());
    EXPECT_EQ(pool_.lines().size(), 1u);
    auto draft = good_->draft(space_, 4096);
    ASSERT_TRUE(draft.is_ok()) << draft.status().message();
    const auto feature = feature_of(1);
    ASSERT_TRUE(good_->publish(std::move(*draft), {.key = key_of(1), .feature = feature, .length = 9}).is_ok());
    EXPECT_TRUE(good_->flush(std::chrono::seconds(30)).is_ok());
    EXPECT_EQ(good_->publish_counts().acknowledged, 1u);
  }

  // As many items as leases unless items_sent says otherwise; nothing sees to it that leases and answers agree.
  void send_lookup(std::span<const std::uint32_t> leases, std::size_t items_sent = 0,
                   std::uint32_t neighbours = 1) {
    const std::vector<LookupItem> items(items_sent == 0 ? leases.size() : items_sent,
                                        LookupItem{.key = key_of(1), .feature = {}, .min_length = 0});
    alignas(8) std::array<std::byte, segment::kLookupRequestBytes> bytes;
    const LookupRequest request{
        .space = raw_.space(), .layer = {}, .max_distance = 0, .items = items, .neighbours = neighbours};
    const auto size = encode_lookup({&request, 1}, leases, bytes);
    ASSERT_TRUE(size.is_ok());
    RawClient::put(raw_.lookup_ring(), std::span(bytes).first(*size), static_cast<std::uint32_t>(*size));
  }

  void send_publish(std::uint64_t offset, std::uint64_t payload_bytes) {
    alignas(8) std::array<std::byte, segment::kPublishRequestBytes> bytes;
    const auto size = encode_publish({.space = raw_.space(),
                                      .key = key_of(2),
                                      .length = 9,
                                      .draft_offset = offset,
                                      .payload_bytes = payload_bytes,
                                      .feature = feature_of(2)},
                                     bytes);
    ASSERT_TRUE(size.is_ok());
    RawClient::put(raw_.publish_ring(), std::span(bytes).first(*size), static_cast<std::uint32_t>(*size));
  }

  ServedPool pool_;
  std::unique_ptr<AttachedStore> good_;
  RawClient raw_;
  SpaceId space_{};
};

TEST_F(HostileClient, GarbageInACellEndsItsSession) {
  const std::vector<std::byte> garbage(512, std::byte{0xa5});
  RawClient::put(raw_.lookup_ring(), garbage, 512);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, RequestLargerThanItsCellEndsItsSession) {
  RawClient::put(raw_.lookup_ring(), {}, 1u << 30);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, JumpingDoorbellEndsItsSession) {
  RawClient::doorbell(raw_.lookup_ring(), 1'000'000);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, DoorbellWithoutRequestEndsItsSession) {
  RawClient::doorbell(raw_.publish_ring(), 1);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, LeaseOutOfRangeEndsItsSession) {
  const std::array<std::uint32_t, 1> leases = {kLeases};
  send_lookup(leases);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, LeaseOfferedTwiceEndsItsSession) {
  const std::array<std::uint32_t, 2> leases = {3, 3};
  send_lookup(leases);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, LeaseOfferedTwiceForOneItemEndsItsSession) {
  const std::array<std::uint32_t, 3> leases = {3, 4, 3};
  send_lookup(leases, 1, 3);
  expect_only_the_bad_session_ended();
}

// Such a client is wrong, but harms nobody.
TEST_F(HostileClient, FeatureWhereMemosHaveNoneIsAnsweredAsWrong) {
  const auto feature = feature_of(1);
  const LookupItem item{.key = key_of(1), .feature = feature};
  const LookupRequest request{.space = raw_.open(small_output_space()), .items = {&item, 1}};
  const std::array<std::uint32_t, 1> leases = {0};
  alignas(8) std::array<std::byte, segment::kLookupRequestBytes> bytes;
  const auto size = encode_lookup({&request, 1}, leases, bytes);
  ASSERT_TRUE(size.is_ok());
  RawClient::put(raw_.lookup_ring(), std::span(bytes).first(*size), static_cast<std::uint32_t>(*size));
  ASSERT_TRUE(eventually([&] { return raw_.lookup_ring().header(0).phase.load() == RingCells::reply_phase(0); }));
  LookupAnswers answers;
  const std::uint32_t replied = raw_.lookup_ring().header(0).reply_size;
  ASSERT_TRUE(decode_answers(raw_.lookup_ring().reply(0).first(replied), &answers).is_ok());
  EXPECT_EQ(answers.code, StatusCode::invalid_argument);
  EXPECT_EQ(answers.reason, "lookup request: 8 floats too many");
}

TEST_F(HostileClient, FewerLeasesThanNeighboursEndItsSession) {
  const std::array<std::uint32_t, 2> leases = {0, 1};
  send_lookup(leases, 1, 3);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, NoNeighboursAtAllEndItsSession) {
  const std::array<std::uint32_t, 2> leases = {0, 1};
  send_lookup(leases, 2, 0);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, MoreNeighboursThanTheLimitEndItsSession) {
  std::array<std::uint32_t, kMaxNeighbours + 1> leases{};
  send_lookup(leases, 1, kMaxNeighbours + 1);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, DraftBeyondTheAreaEndsItsSession) {
  send_publish(kDraftBytes - 64, 4096);
  expect_only_the_bad_session_ended();
}

TEST_F(HostileClient, DraftWhoseEndOverflowsEndsItsSession) {
  send_publish(~std::uint64_t{0} - 63, 128);
  expect_only_the_bad_session_ended();
}

}  // namespace
}  // namespace memo::test
