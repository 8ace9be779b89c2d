// Eviction, pins, quotas, and extents that move between spaces.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/memod/store/store_fixture.h"
#include "tests/support/eventually.h"

namespace memo::test {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

class Eviction : public StoreFixture {
 protected:
  Eviction() {
    options_.eviction.enabled = true;
    options_.unix_ns = [this] { return now_.load(); };
    close();
    open();
  }

  void wait_minutes(std::int64_t minutes) { now_ += minutes * kMinuteNs; }
  // Publishes at the pool's limit: waits for room while there is none.
  bool publish_patiently(SpaceId space, std::uint64_t number, std::size_t payload = kPayload, float cost_us = 1) {
    const auto feature = feature_of(static_cast<double>(number));
    const Publication publication{
        .layer = Layer{0}, .key = key_of(number), .feature = feature, .length = 100, .cost_us = cost_us};
    return eventually([&] { return store_->publish(space, publication, payload_of(number, payload)).is_ok(); });
  }
  bool publish_result(SpaceId space, std::uint64_t number, float cost_us) {
    const Publication publication{.key = key_of(number), .length = 100, .cost_us = cost_us};
    return eventually([&] { return store_->publish(space, publication, payload_of(number, kResult)).is_ok(); });
  }
  std::optional<Found> find_result(SpaceId space, std::uint64_t number) {
    const LookupItem item{key_of(number)};
    const std::uint32_t lease = 0;
    std::optional<Found> found;
    EXPECT_TRUE(store_->find({space, Layer{0}, 0, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
    return found;
  }
  void hit(std::uint64_t number, int times = 1) {
    for (int i = 0; i < times; ++i) EXPECT_TRUE(find(number).has_value());
    leases_.release(0);
  }
  void erase_three_of_four() {
    for (std::uint64_t number = 0; number < 2000; ++number) {
      if (number % 4 == 0) continue;
      EXPECT_TRUE(erase(number).is_ok());
    }
  }
  // All steps together.
  CompactStep compact_all() {
    CompactStep sum{.moved = 0, .freed_bytes = 0, .more = true};
    while (sum.more) {
      const CompactStep step = store_->compact().value();
      sum = {sum.moved + step.moved, sum.freed_bytes + step.freed_bytes, step.more};
    }
    return sum;
  }
  std::uint64_t capacity() { return store_->stats()->spaces[0].slots; }
  SpaceStats stats_of(SpaceId space) { return store_->stats()->spaces[static_cast<std::size_t>(space)]; }
  // Publishes 0, 1, ... until no slot is free, and none is made free; returns how many.
  std::uint64_t fill_pool() {
    options_.eviction.enabled = false;
    reopen();
    const std::uint64_t count = fill();
    options_.eviction.enabled = true;
    reopen();
    return count;
  }
  // Publishes numbers from `first` on until the first memo had to go for it.
  std::uint64_t fill_from(std::uint64_t first) {
    std::uint64_t number = first;
    while (store_->stats()->evicted == 0) EXPECT_TRUE(publish_patiently(space_, number++));
    return number;
  }

  static constexpr std::uint64_t kResult = 1500;
  std::atomic<std::int64_t> now_ = 1'700'000'000'000'000'000;
};

TEST_F(Eviction, FullPoolMakesRoomForWhatIsNew) {
  const std::uint64_t end = fill_from(0);
  for (std::uint64_t number = end; number < end + 500; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  EXPECT_TRUE(find(end + 499).has_value());
  EXPECT_GE(store_->stats()->evicted, 400u);
}

TEST_F(Eviction, StopsAtTheLowWatermark) {
  (void)fill_from(0);
  ASSERT_TRUE(eventually([&] { return store_->stats()->evicted >= capacity() / 50; }));
  EXPECT_GE(store_->stats()->memos, capacity() * 9 / 10);
}

// As a session does that holds a view of everything, and asks for it again before any lease is overdue.
TEST_F(Eviction, ViewsOfEverythingDoNotEndPublishing) {
  const std::uint64_t end = fill_pool();
  std::vector<std::atomic<std::uint64_t>> words(end);
  LeaseTable greedy(words);
  store_->register_leases(greedy);
  const auto hold_everything = [&] {
    for (std::uint64_t number = 0; number < end; ++number) {
      const LookupItem item{key_of(number), {}, 0};
      std::optional<Found> found;
      const auto lease = static_cast<std::uint32_t>(number);
      EXPECT_TRUE(store_->find({space_, Layer{0}, 0, {&item, 1}}, greedy, {&lease, 1}, {&found, 1}).is_ok());
    }
  };
  hold_everything();
  std::atomic<bool> stop = false;
  std::thread holder([&] {
    while (!stop) hold_everything();
  });
  for (std::uint64_t number = end; number < end + 50; ++number)
    EXPECT_TRUE(publish_patiently(space_, number)) << number;
  stop = true;
  holder.join();
  store_->unregister_leases(greedy);
}

TEST_F(Eviction, OverdueLeasesKeepNothing) {
  options_.lease_limit = std::chrono::milliseconds(1);
  reopen();
  const std::uint64_t end = fill_pool();
  std::vector<std::atomic<std::uint64_t>> words(end);
  LeaseTable table(words);
  store_->register_leases(table);
  for (std::uint64_t number = 0; number < end; ++number) {
    const LookupItem item{key_of(number), {}, 0};
    std::optional<Found> found;
    const auto lease = static_cast<std::uint32_t>(number);
    ASSERT_TRUE(store_->find({space_, Layer{0}, 0, {&item, 1}}, table, {&lease, 1}, {&found, 1}).is_ok());
  }
  EXPECT_TRUE(publish_patiently(space_, end));
  store_->unregister_leases(table);
}

TEST_F(Eviction, MemosThatWereHitStay) {
  for (std::uint64_t number = 0; number < 10; ++number) ASSERT_TRUE(publish(number).is_ok());
  for (std::uint64_t number = 0; number < 10; ++number) hit(number, 5);
  const std::uint64_t end = fill_from(10);
  for (std::uint64_t number = end; number < end + 2000; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  for (std::uint64_t number = 0; number < 10; ++number) EXPECT_TRUE(find(number).has_value()) << number;
}

TEST_F(Eviction, HitsOfLongAgoCountLessThanNewMemos) {
  for (std::uint64_t number = 0; number < 10; ++number) ASSERT_TRUE(publish(number).is_ok());
  for (std::uint64_t number = 0; number < 10; ++number) hit(number, 5);
  wait_minutes(10 * 60);  // ten half-lives
  const std::uint64_t end = fill_from(10);
  for (std::uint64_t number = end; number < end + 500; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  for (std::uint64_t number = 0; number < 10; ++number) EXPECT_FALSE(find(number).has_value()) << number;
}

TEST_F(Eviction, CheapMemosGoBeforeDearOnes) {
  for (std::uint64_t number = 0; number < 10; ++number)
    ASSERT_TRUE(publish_patiently(space_, number, kPayload, 1000));
  const std::uint64_t end = fill_from(10);
  for (std::uint64_t number = end; number < end + 2000; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  for (std::uint64_t number = 0; number < 10; ++number) EXPECT_TRUE(find(number).has_value()) << number;
}

TEST_F(Eviction, UsageSurvivesARestart) {
  for (std::uint64_t number = 0; number < 10; ++number) ASSERT_TRUE(publish(number).is_ok());
  for (std::uint64_t number = 0; number < 10; ++number) hit(number, 5);
  reopen();
  EXPECT_NEAR(store_->show(space_, Layer{0}, key_of(3))->record.usage, 6, 0.01);
}

TEST_F(Eviction, PinnedMemosStayAlsoAfterARestart) {
  for (std::uint64_t number = 0; number < 10; ++number) {
    ASSERT_TRUE(publish(number).is_ok());
    ASSERT_TRUE(store_->set_pinned(space_, Layer{0}, key_of(number), true).is_ok());
  }
  reopen();
  wait_minutes(100 * 60);
  const std::uint64_t end = fill_from(10);
  for (std::uint64_t number = end; number < end + 500; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  for (std::uint64_t number = 0; number < 10; ++number) EXPECT_TRUE(find(number).has_value()) << number;
}

TEST_F(Eviction, LeasedMemoStays) {
  ASSERT_TRUE(publish(0).is_ok());
  const auto found = find(0);
  ASSERT_TRUE(found.has_value());
  wait_minutes(100 * 60);
  const std::uint64_t end = fill_from(1);
  for (std::uint64_t number = end; number < end + 500; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  EXPECT_EQ(store_->state_word(found->state_word_offset)->load(), static_cast<std::uint64_t>(found->generation));
  EXPECT_TRUE(equal(store_->bytes(found->payload_offset, found->payload_bytes), payload_of(0, kPayload)));
}

TEST_F(Eviction, OverdueLeaseLosesItsSlotAndTheViewSeesIt) {
  options_.lease_limit = std::chrono::milliseconds(0);
  reopen();
  ASSERT_TRUE(publish(0).is_ok());
  const auto found = find(0);
  ASSERT_TRUE(erase(0).is_ok());
  EXPECT_TRUE(eventually([&] {
    return store_->state_word(found->state_word_offset)->load() != static_cast<std::uint64_t>(found->generation);
  }));
}

TEST_F(Eviction, NoSlotIsReusedInTheGraceAfterARestart) {
  ASSERT_TRUE(publish(0).is_ok());
  options_.restart_grace = std::chrono::hours(1);
  reopen();
  const auto found = find(0);
  leases_.release(0);
  ASSERT_TRUE(erase(0).is_ok());
  for (std::uint64_t number = 1; number < 1000; ++number) ASSERT_TRUE(publish(number).is_ok());
  EXPECT_EQ(store_->state_word(found->state_word_offset)->load(), static_cast<std::uint64_t>(found->generation));
}

TEST_F(Eviction, EvictOnDemandTakesTheLeastValuable) {
  for (std::uint64_t number = 0; number < 20; ++number) ASSERT_TRUE(publish(number).is_ok());
  for (std::uint64_t number = 0; number < 15; ++number) hit(number);
  EXPECT_EQ(store_->evict(space_, 5).value(), 5u);
  for (std::uint64_t number = 0; number < 20; ++number) EXPECT_EQ(find(number).has_value(), number < 15) << number;
  EXPECT_EQ(store_->evict(SpaceId{9}, 5).status().code(), StatusCode::invalid_argument);
}

TEST_F(Eviction, SpaceStaysWithinItsQuota) {
  const std::uint64_t quota = 3 << 20;
  ASSERT_TRUE(store_->set_quota(space_, quota).is_ok());
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  EXPECT_LE(stats_of(space_).reserved_bytes, quota);
  EXPECT_GT(stats_of(space_).memos, 400u);
}

TEST_F(Eviction, LoweredQuotaTakesExtentsAway) {
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish(number).is_ok());
  const std::uint64_t before = stats_of(space_).reserved_bytes;
  ASSERT_TRUE(store_->set_quota(space_, before / 2).is_ok());
  EXPECT_TRUE(eventually([&] { return stats_of(space_).reserved_bytes <= before / 2; }));
  EXPECT_TRUE(store_->check(0, 100'000, false)->damage.empty());
}

TEST_F(Eviction, ExtentsMoveToTheSpaceThatUsesThem) {
  (void)fill_from(0);
  wait_minutes(10 * 60);
  const SpaceId other = store_->open_space(small_space(10'000)).value();
  for (std::uint64_t number = 0; number < 1000; ++number)
    ASSERT_TRUE(publish_patiently(other, number, 10'000)) << number;
  EXPECT_GT(stats_of(other).memos, 900u);
  EXPECT_LT(stats_of(space_).reserved_bytes, 10u << 20);
  EXPECT_TRUE(store_->check(0, 100'000, false)->damage.empty());
}

// Kinds compete in one currency: what a byte saves.
TEST_F(Eviction, WholeResultsTakeTheRoomOfMapsThatSaveLessAByte) {
  const std::uint64_t maps = fill_from(0);
  const SpaceId results = store_->open_space(small_output_space(kResult)).value();
  constexpr std::uint64_t kCount = 2000;
  for (std::uint64_t number = 0; number < kCount; ++number)
    ASSERT_TRUE(publish_result(results, number, 1000)) << number;
  for (std::uint64_t number = maps; number < maps + 500; ++number) ASSERT_TRUE(publish_patiently(space_, number));
  EXPECT_EQ(stats_of(results).memos, kCount);
  for (std::uint64_t number = 0; number < kCount; number += 97)
    EXPECT_TRUE(find_result(results, number).has_value()) << number;
  EXPECT_GT(store_->stats()->evicted, 0u);
  EXPECT_TRUE(store_->check(0, 100'000, false)->damage.empty());
}

TEST_F(Eviction, CompactedResultsAreFoundAsBefore) {
  const SpaceId results = store_->open_space(small_output_space(kResult)).value();
  for (std::uint64_t number = 0; number < 3000; ++number) ASSERT_TRUE(publish_result(results, number, 1));
  for (std::uint64_t number = 0; number < 3000; ++number)
    if (number % 4 != 0) {
      EXPECT_TRUE(store_->erase(results, Layer{0}, key_of(number)).is_ok());
    }
  ASSERT_GT(compact_all().moved, 0u);
  reopen();
  for (std::uint64_t number = 0; number < 3000; number += 4) {
    const auto found = find_result(results, number);
    ASSERT_TRUE(found.has_value()) << number;
    EXPECT_TRUE(equal(store_->bytes(found->payload_offset, found->payload_bytes), payload_of(number, kResult)));
  }
}

TEST_F(Eviction, CompactingGivesExtentsBackAndLosesNothing) {
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish(number, 100, 2).is_ok());
  erase_three_of_four();
  ASSERT_TRUE(store_->set_pinned(space_, Layer{0}, key_of(4), true).is_ok());
  hit(8, 7);
  const std::uint64_t before = stats_of(space_).reserved_bytes;
  const std::uint64_t freed = compact_all().freed_bytes;
  EXPECT_GT(freed, before / 2);
  EXPECT_EQ(stats_of(space_).reserved_bytes, before - freed);
  for (std::uint64_t number = 0; number < 2000; number += 4) {
    const auto found = find(number);
    ASSERT_TRUE(found.has_value()) << number;
    EXPECT_TRUE(equal(store_->bytes(found->payload_offset, found->payload_bytes), payload_of(number, kPayload)));
    EXPECT_EQ(store_->show(space_, Layer{0}, key_of(number))->penalty, 2);
  }
  EXPECT_TRUE(store_->show(space_, Layer{0}, key_of(4))->record.pinned);
  EXPECT_GT(store_->show(space_, Layer{0}, key_of(8))->record.usage, 7);
  leases_.release(0);
  reopen();
  EXPECT_EQ(store_->stats()->memos, 500u);
}

TEST_F(Eviction, MovedMemosThatAreNowhereStayOutOfTheIndex) {
  const std::vector<float> nowhere(kFeatureDimension, kNowhere);
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const Publication publication{
        .layer = Layer{0}, .key = key_of(number), .feature = nowhere, .length = 100, .cost_us = 1};
    ASSERT_TRUE(store_->publish(space_, publication, payload_of(number, kPayload)).is_ok());
  }
  erase_three_of_four();
  ASSERT_GT(compact_all().moved, 0u);
  const auto near = feature_of(7);
  const LookupItem item{Key{1, 1}, near, 0};
  const std::uint32_t lease = 0;
  std::optional<Found> found;
  EXPECT_TRUE(store_->find({space_, Layer{0}, 1e9f, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
  EXPECT_FALSE(found.has_value());
  EXPECT_EQ(store_->memory().features, 0u);
  for (std::uint64_t number = 0; number < 2000; number += 4) ASSERT_TRUE(find(number).has_value()) << number;
}

// Does something when the first payload is written after arm(), and gives it a moment.
class AtNextWrite : public PersistObserver {
 public:
  void arm(std::function<void()> action) { action_ = std::move(action); }
  void finish() {
    if (thread_.joinable()) thread_.join();
  }
  void storing(std::uint64_t, std::span<const std::byte>) override {
    if (!action_) return;
    thread_ = std::thread(std::exchange(action_, nullptr));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  void flushed(std::uint64_t, std::uint64_t) override {}
  void fenced() override {}
  void committing(const char*) override {}
  void committed(const char*) override {}

 private:
  std::function<void()> action_;
  std::thread thread_;
};

TEST_F(Eviction, PinOfAMemoThatIsBeingMovedLasts) {
  const auto observer = std::make_shared<AtNextWrite>();
  options_.persist_observer = observer;
  reopen();
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish(number).is_ok());
  erase_three_of_four();
  // The first step moves the memos of one extent; which one it starts with is not known.
  observer->arm([this] {
    for (std::uint64_t number = 0; number < 2000; number += 4)
      EXPECT_TRUE(store_->set_pinned(space_, Layer{0}, key_of(number), true).is_ok());
  });
  while (store_->compact()->more) {
  }
  observer->finish();
  reopen();
  for (std::uint64_t number = 0; number < 2000; number += 4)
    EXPECT_TRUE(store_->show(space_, Layer{0}, key_of(number))->record.pinned) << number;
}

// After a move under a lease both slots hold the memo until the lease ends.
TEST_F(Eviction, PinOfAMovedMemoOutlivesADeathWhileTheOldSlotIsLeased) {
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish(number).is_ok());
  const std::uint64_t in_first_extent = capacity() / 5;
  for (std::uint64_t number = 1; number < in_first_extent; ++number) ASSERT_TRUE(erase(number).is_ok());
  const auto slot_of = [this](std::uint64_t number) {
    return store_->show(space_, Layer{0}, key_of(number))->record.slot;
  };
  const std::uint64_t before = slot_of(0);
  ASSERT_TRUE(find(0).has_value());
  for (int i = 0; i < 20 && slot_of(0) == before; ++i) ASSERT_TRUE(store_->compact().is_ok());
  ASSERT_NE(slot_of(0), before);
  ASSERT_TRUE(store_->set_pinned(space_, Layer{0}, key_of(0), true).is_ok());
  const std::string copy = folder_.file("copy");  // what a death at this instant leaves
  std::filesystem::copy_file(path_, copy);
  close();  // libpmemobj opens a pool and its copy only one after the other
  const auto survivor = std::move(Store::open({.path = copy, .eviction = {.enabled = false}}).value());
  EXPECT_TRUE(survivor->show(space_, Layer{0}, key_of(0))->record.pinned);
}

TEST_F(Eviction, CompactingWaitsForALeaseAndThenFinishes) {
  for (std::uint64_t number = 0; number < 2000; ++number) ASSERT_TRUE(publish(number).is_ok());
  erase_three_of_four();
  const auto leased = find(0);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store_->compact().is_ok());
  EXPECT_TRUE(equal(store_->bytes(leased->payload_offset, leased->payload_bytes), payload_of(0, kPayload)));
  EXPECT_EQ(store_->state_word(leased->state_word_offset)->load(), static_cast<std::uint64_t>(leased->generation));
  leases_.release(0);
  EXPECT_TRUE(eventually([&] { return !store_->compact()->more; }));
}

TEST_F(Eviction, DamagedPayloadIsMissedAndErased) {
  ASSERT_TRUE(publish(1).is_ok());
  const auto found = find(1);
  leases_.release(0);
  damage(found->payload_offset + 100, std::uint8_t{0x5a});
  EXPECT_FALSE(find(1).has_value());
  EXPECT_EQ(store_->stats()->damaged, 1u);
  EXPECT_EQ(store_->stats()->memos, 0u);
}

TEST_F(Eviction, CheckWithRepairErasesTheDamagedAndNothingElse) {
  for (std::uint64_t number = 0; number < 10; ++number) ASSERT_TRUE(publish(number).is_ok());
  const auto found = find(3);
  leases_.release(0);
  damage(found->payload_offset, std::uint8_t{0x5a});
  EXPECT_EQ(store_->check(0, 100, true)->damage.size(), 1u);
  EXPECT_TRUE(store_->check(0, 100, false)->damage.empty());
  EXPECT_EQ(store_->stats()->memos, 9u);
}

}  // namespace
}  // namespace memo::test
