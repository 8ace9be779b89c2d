// What a Store does beyond the contract of MemoStore: slots, leases, recovery, inspection.
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <thread>

#include "memo/view.h"
#include "tests/memod/store/store_fixture.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/persist_log.h"
#include "tests/support/pool/pool_fixture.h"

namespace memo::test {
namespace {

using StoreSlots = StoreFixture;

TEST_F(StoreSlots, LeasedSlotIsNotReusedBeforeItsLeaseEnds) {
  const std::uint64_t capacity = fill();
  ASSERT_TRUE(find(0).has_value());
  ASSERT_TRUE(erase(0).is_ok());
  EXPECT_EQ(publish(capacity).status().code(), StatusCode::full);
  leases_.release(0);
  EXPECT_TRUE(publish(capacity).is_ok());
}

// A check frees what it finds unheld, as maintenance does: a publisher that comes meanwhile gets the slot, too.
TEST_F(StoreSlots, SlotsThatAnotherThreadFreesAreThereForAPublisher) {
  const std::uint64_t capacity = fill();
  const std::jthread checker([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) EXPECT_TRUE(store_->check(SlotId::make(1 << 20, 0).value, 1, false).is_ok());
  });
  for (std::uint64_t number = 0; number < 2000; ++number) {
    ASSERT_TRUE(find(number).has_value());
    ASSERT_TRUE(erase(number).is_ok());
    leases_.release(0);
    ASSERT_TRUE(publish(capacity + number).is_ok()) << number;
  }
}

TEST_F(StoreSlots, EndOfASessionEndsItsLeases) {
  const std::uint64_t capacity = fill();
  ASSERT_TRUE(find(0).has_value());
  ASSERT_TRUE(erase(0).is_ok());
  store_->unregister_leases(leases_);
  EXPECT_TRUE(publish(capacity).is_ok());
  store_->register_leases(leases_);
}

TEST_F(StoreSlots, StaleViewReportsNotIntactOnceItsSlotIsReused) {
  const std::uint64_t capacity = fill();
  const Found found = find(0).value();
  const View view({.payload = store_->bytes(found.payload_offset, found.payload_bytes),
                   .state_word = store_->state_word(found.state_word_offset),
                   .generation = found.generation,
                   .mapping = nullptr,
                   .release = nullptr});
  EXPECT_TRUE(view.intact());
  leases_.release(0);  // as if a daemon had revoked it
  ASSERT_TRUE(erase(0).is_ok());
  ASSERT_TRUE(publish(capacity).is_ok());
  ASSERT_EQ(find(capacity)->payload_offset, found.payload_offset);
  EXPECT_FALSE(view.intact());
}

TEST_F(StoreSlots, ErasingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(erase(1).code(), StatusCode::not_found);
  ASSERT_TRUE(publish(1).is_ok());
  EXPECT_TRUE(erase(1).is_ok());
  EXPECT_EQ(erase(1).code(), StatusCode::not_found);
}

TEST_F(StoreSlots, ErasedMemoStaysErasedAfterReopening) {
  ASSERT_TRUE(publish(1).is_ok());
  ASSERT_TRUE(erase(1).is_ok());
  reopen();
  EXPECT_FALSE(find(1).has_value());
}

TEST_F(StoreSlots, SpaceGrowsBeforeItRunsOut) {
  ASSERT_TRUE(publish(0).is_ok());
  const std::uint64_t first_extent = store_->stats()->spaces[0].slots;
  for (std::uint64_t number = 1; number <= first_extent * 4 / 5; ++number) ASSERT_TRUE(publish(number).is_ok());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (store_->stats()->spaces[0].slots == first_extent && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GT(store_->stats()->spaces[0].slots, first_extent);
}

// A publication that must be refused, as a change to a good one.
struct BadPublication {
  const char* name;
  std::function<void(Publication&, std::vector<float>& feature, std::size_t& payload_bytes)> spoil;
};
void PrintTo(const BadPublication& bad, std::ostream* stream) {
  *stream << bad.name;
}

class RefusedPublication : public StoreFixture, public testing::WithParamInterface<BadPublication> {};

TEST_P(RefusedPublication, IsAnInvalidArgumentAndCounted) {
  std::vector<float> feature = feature_of(1);
  Publication publication{.layer = Layer{0}, .key = key_of(1), .feature = {}, .length = 100, .cost_us = 1};
  std::size_t bytes = kPayload;
  GetParam().spoil(publication, feature, bytes);
  publication.feature = feature;
  const auto outcome = store_->publish(space_, publication, payload_of(1, bytes));
  EXPECT_EQ(outcome.status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(store_->stats()->refused, 1u);
  EXPECT_EQ(store_->stats()->memos, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedPublication,
    testing::Values(BadPublication{"Layer", [](auto& p, auto&, auto&) { p.layer = Layer{kMaxLayers}; }},
                    BadPublication{"LengthZero", [](auto& p, auto&, auto&) { p.length = 0; }},
                    BadPublication{"LengthAboveBucket", [](auto& p, auto&, auto&) { p.length = 129; }},
                    BadPublication{"FeatureShort", [](auto&, auto& f, auto&) { f.pop_back(); }},
                    BadPublication{"FeatureNotANumber", [](auto&, auto& f, auto&) { f[0] = std::nanf(""); }},
                    BadPublication{"CostInfinite", [](auto& p, auto&, auto&) { p.cost_us = HUGE_VALF; }},
                    BadPublication{"PenaltyZero", [](auto& p, auto&, auto&) { p.penalty = 0; }},
                    BadPublication{"PenaltyNotANumber", [](auto& p, auto&, auto&) { p.penalty = std::nanf(""); }},
                    BadPublication{"PayloadEmpty", [](auto&, auto&, auto& bytes) { bytes = 0; }},
                    BadPublication{"PayloadLarge", [](auto&, auto&, auto& bytes) { bytes = 4097; }}),
    [](const auto& info) { return info.param.name; });

TEST_F(StoreSlots, PublishingToAnUnknownSpaceIsRefused) {
  const auto feature = feature_of(1);
  const Publication publication{
      .layer = Layer{0}, .key = key_of(1), .feature = feature, .length = 1, .cost_us = 0};
  EXPECT_EQ(store_->publish(SpaceId{77}, publication, payload_of(1, 8)).status().code(),
            StatusCode::invalid_argument);
}

class StoreRecovery : public StoreFixture {
 protected:
  // Where the parts of memo 1 lie in the file, between memos 0 and 2.
  Found publish_three() {
    for (const std::uint64_t number : {0, 1, 2}) EXPECT_TRUE(publish(number).is_ok());
    const Found found = find(1).value();
    leases_.release(0);
    return found;
  }
};

using StoreSync = StoreFixture;

TEST_F(StoreSync, DurabilitySaysWhatASyncHasCovered) {
  EXPECT_EQ(store_->stats()->durability, "survives process crashes; not power loss (no DAX)");
  options_.sync_interval = std::chrono::milliseconds(20);
  reopen();
  EXPECT_TRUE(eventually(
      [this] { return store_->stats()->durability.find("and power loss up to") != std::string::npos; }));
}

TEST_F(StoreRecovery, SlotWhoseStateWordWasNeverWrittenIsFree) {
  const Found found = publish_three();
  damage(found.state_word_offset, static_cast<std::uint64_t>(found.generation) & ~std::uint64_t{0xff});
  EXPECT_FALSE(find(1).has_value());
  EXPECT_TRUE(find(0).has_value());
  EXPECT_TRUE(find(2).has_value());
  EXPECT_EQ(store_->stats()->damaged, 0u);
  EXPECT_EQ(publish(1).value(), PublishOutcome::published);
}

TEST_F(StoreRecovery, DamagedHeaderIsFreedAndCounted) {
  const Found found = publish_three();
  damage(found.state_word_offset + offsetof(layout::SlotHeader, length), std::uint32_t{101});
  EXPECT_EQ(store_->stats()->damaged, 1u);
  EXPECT_EQ(store_->stats()->memos, 2u);
  EXPECT_FALSE(find(1).has_value());
  EXPECT_NE(store_->state_word(found.state_word_offset)->load(), static_cast<std::uint64_t>(found.generation));
}

TEST_F(StoreRecovery, StateThatNoVersionWritesIsFreedAndCounted) {
  const Found found = publish_three();
  damage(found.state_word_offset, std::uint8_t{0x55});
  EXPECT_EQ(store_->stats()->damaged, 1u);
  EXPECT_FALSE(find(1).has_value());
}

TEST_F(StoreRecovery, DamagedPayloadIsWhatACheckReports) {
  const Found found = publish_three();
  EXPECT_TRUE(store_->check(0, 100, false)->damage.empty());
  damage(found.payload_offset + 17, std::uint64_t{0});
  const CheckPage page = store_->check(0, 100, false).value();
  EXPECT_EQ(page.checked, 3u);
  EXPECT_EQ(page.bytes, 3 * kPayload);
  ASSERT_EQ(page.damage.size(), 1u);
  EXPECT_NE(page.damage[0].find(key_of(1).hex()), std::string::npos);
  EXPECT_NE(page.damage[0].find("payload"), std::string::npos);
}

TEST_F(StoreRecovery, OfTwoMemosWithOneKeyOneIsKept) {
  ASSERT_TRUE(publish(0).is_ok());
  close();
  {
    const auto pool = std::move(Pool::open({.path = path_})).value();
    write_memo(*pool, SlotId::make(0, 5), 9);
    write_memo(*pool, SlotId::make(0, 6), 9);
  }
  open();
  EXPECT_EQ(store_->stats()->memos, 2u);
  EXPECT_EQ(store_->stats()->damaged, 0u);
}

class StoreInspection : public StoreFixture {};

TEST_F(StoreInspection, StatsCountWhatHappened) {
  for (const std::uint64_t number : {0, 1, 1}) ASSERT_TRUE(publish(number).is_ok());
  find(0);
  find(7);
  const StoreStats stats = store_->stats().value();
  EXPECT_EQ(stats.pool_path, path_);
  EXPECT_EQ(stats.pool_bytes, kPoolBytes);
  EXPECT_EQ(stats.layout_version, layout::kVersion);
  EXPECT_EQ(stats.memos, 2u);
  EXPECT_EQ(stats.payload_bytes, 2 * kPayload);
  EXPECT_EQ(stats.opens, 1u);
  ASSERT_EQ(stats.spaces.size(), 1u);
  EXPECT_EQ(stats.reserved_bytes, stats.spaces[0].reserved_bytes);
  EXPECT_GT(stats.spaces[0].slots, 2u);
  ASSERT_EQ(stats.spaces[0].layers.size(), 1u);
  const LayerStats& layer = stats.spaces[0].layers[0];
  EXPECT_EQ(layer.memos, 2u);
  EXPECT_EQ(layer.lookups, 2u);
  EXPECT_EQ(layer.exact_hits, 1u);
  EXPECT_EQ(layer.published, 2u);
  EXPECT_EQ(layer.duplicates, 1u);
}

using StoreDuplicates = StoreFixture;

TEST_F(StoreDuplicates, KnownKeyIsSeenBeforeAnythingIsStored) {
  const auto log = std::make_shared<PersistLog>();
  options_.persist_observer = log;
  reopen();
  EXPECT_EQ(publish(1).value(), PublishOutcome::published);
  EXPECT_FALSE(log->take().empty());
  EXPECT_EQ(publish(1).value(), PublishOutcome::duplicate);
  EXPECT_TRUE(log->take().empty());
}

TEST_F(StoreDuplicates, OfPublishersThatRaceForAKeyOneWins) {
  constexpr std::uint64_t kKeys = 200;
  constexpr int kPublishers = 4;
  std::atomic<std::uint64_t> published = 0, duplicates = 0;
  std::vector<std::jthread> publishers;
  for (int i = 0; i < kPublishers; ++i)
    publishers.emplace_back([&] {
      for (std::uint64_t key = 0; key < kKeys; ++key)
        ++(publish(key).value() == PublishOutcome::published ? published : duplicates);
    });
  publishers.clear();
  EXPECT_EQ(published, kKeys);
  EXPECT_EQ(duplicates, (kPublishers - 1) * kKeys);
  const SpaceStats space = store_->stats()->spaces[0];
  EXPECT_EQ(space.memos, kKeys);
  EXPECT_EQ(space.layers[0].duplicates, (kPublishers - 1) * kKeys);
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    const auto found = find(key);
    ASSERT_TRUE(found.has_value()) << key;
    EXPECT_TRUE(equal(store_->bytes(found->payload_offset, found->payload_bytes), payload_of(key, kPayload)));
  }
  // The slots of those that lost are free again: as many memos fit as without them.
  std::uint64_t fits = kKeys;
  while (publish(fits)) ++fits;
  EXPECT_EQ(fits, store_->stats()->spaces[0].slots);
}

TEST_F(StoreInspection, PagesOfAListHoldEveryMemoOnce) {
  const std::uint64_t count = fill();
  find(3);
  std::set<std::uint64_t> seen;
  std::uint64_t cursor = 0;
  do {
    const MemoPage page = store_->list(cursor, 100).value();
    EXPECT_LE(page.memos.size(), 100u);
    for (const MemoRecord& memo : page.memos) {
      EXPECT_TRUE(seen.insert(memo.key.low).second);
      EXPECT_EQ(memo.hits, memo.key == key_of(3) ? 1u : 0u);
      EXPECT_EQ(memo.payload_bytes, kPayload);
    }
    cursor = page.next;
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), count);
}

TEST_F(StoreInspection, PagesOfACheckReadEveryMemoOnce) {
  const std::uint64_t count = fill();
  std::uint64_t checked = 0, cursor = 0;
  do {
    const CheckPage page = store_->check(cursor, 64, false).value();
    EXPECT_LE(page.checked, 64u);
    checked += page.checked;
    cursor = page.next;
  } while (cursor != 0);
  EXPECT_EQ(checked, count);
}

TEST_F(StoreInspection, LookupsOfEmptyLayersAreCountedAndMakeNothing) {
  const StoreMemory before = store_->memory();
  const auto feature = feature_of(1);
  const LookupItem item{key_of(1), feature, 0};
  std::optional<Found> found;
  const std::uint32_t lease = 0;
  for (std::uint32_t layer = 0; layer < kMaxLayers; ++layer) {
    ASSERT_TRUE(store_->find({space_, Layer{layer}, 1, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
    EXPECT_FALSE(found.has_value());
  }
  const StoreStats stats = store_->stats().value();
  EXPECT_TRUE(stats.spaces[0].layers.empty());
  EXPECT_EQ(stats.spaces[0].empty_layer_lookups, kMaxLayers);
  EXPECT_EQ(store_->memory().catalog, before.catalog);
  EXPECT_EQ(store_->memory().index_other, before.index_other);
}

// What cannot be stored makes no layer either.
TEST_F(StoreInspection, RefusedPublicationsMakeNoLayer) {
  (void)fill();
  const auto feature = feature_of(1);
  const Publication publication{.layer = Layer{7}, .key = key_of(1), .feature = feature, .length = 1};
  EXPECT_EQ(store_->publish(space_, publication, payload_of(1, kPayload)).status().code(), StatusCode::full);
  EXPECT_EQ(store_->stats()->spaces[0].layers.size(), 1u);
}

// The table of spaces is full of spaces that hold nothing: each new one takes the place of one that nobody uses.
TEST_F(StoreInspection, UnusedSpacesGiveTheirPlacesToNewOnes) {
  ASSERT_TRUE(publish(1).is_ok());
  const auto spec = [](std::uint64_t model) {
    SpaceSpec spec = small_space();
    spec.model = {.high = 77, .low = model};
    return spec;
  };
  const OpenedSpace used = store_->use_space(spec(0)).value();
  for (std::uint64_t model = 1; model < 1000; ++model) {
    const Result<SpaceId> space = store_->open_space(spec(model));
    ASSERT_TRUE(space) << model << ": " << space.status().message();
    EXPECT_NE(*space, used.id);
    EXPECT_NE(*space, space_);
  }
  EXPECT_TRUE(find(1).has_value());
  EXPECT_EQ(store_->use_space(spec(0))->id, used.id);
  reopen();
  EXPECT_TRUE(find(1).has_value());
  EXPECT_EQ(store_->stats()->spaces.size(), layout::kMaxSpaces);
}

TEST_F(StoreInspection, NoSpaceInUseIsGivenUp) {
  std::vector<OpenedSpace> used;
  for (std::uint64_t model = 1; used.size() + 1 < layout::kMaxSpaces; ++model) {
    SpaceSpec spec = small_space();
    spec.model = {.high = 78, .low = model};
    used.push_back(store_->use_space(spec).value());
  }
  SpaceSpec spec = small_space();
  spec.model = {.high = 79, .low = 1};
  ASSERT_TRUE(publish(1).is_ok());
  const Result<SpaceId> refused = store_->open_space(spec);
  EXPECT_EQ(refused.status().code(), StatusCode::full);
  EXPECT_NE(refused.status().message().find("memoctl drop"), std::string::npos);
  used.pop_back();
  EXPECT_TRUE(store_->open_space(spec));
}

TEST_F(StoreInspection, DroppedSpaceGivesEverythingBack) {
  const std::uint64_t reserved = store_->stats()->reserved_bytes;
  for (std::uint64_t number = 0; number < 100; ++number) ASSERT_TRUE(publish(number).is_ok());
  ASSERT_TRUE(store_->set_pinned(space_, Layer{0}, key_of(3), true).is_ok());
  std::uint64_t erased = 0;
  for (CompactStep step{.more = true}; step.more; erased += step.moved) step = store_->drop(space_).value();
  EXPECT_EQ(erased, 100u);
  EXPECT_EQ(store_->stats()->memos, 0u);
  EXPECT_EQ(store_->stats()->reserved_bytes, reserved);
  EXPECT_FALSE(find(3).has_value());
  EXPECT_TRUE(publish(3).is_ok());  // it can be used again
}

TEST_F(StoreInspection, ASpaceThatIsOpenIsNotDropped) {
  ASSERT_TRUE(publish(1).is_ok());
  {
    const OpenedSpace used = store_->use_space(small_space(kPayload)).value();
    EXPECT_EQ(store_->stats()->spaces[0].users, 1u);
    EXPECT_EQ(store_->drop(space_).status().code(), StatusCode::in_use);
  }
  EXPECT_EQ(store_->stats()->spaces[0].users, 0u);
  EXPECT_TRUE(find(1).has_value());
  EXPECT_TRUE(store_->drop(space_));
}

// Whoever works with a space while its place is given to another touches the old one or none.
TEST_F(StoreInspection, PlacesAreGivenAwayBesideReaders) {
  const auto spec = [](std::uint64_t model) {
    SpaceSpec spec = small_space(kPayload);
    spec.model = {.high = 80, .low = model};
    return spec;
  };
  for (std::uint64_t model = 0; model < layout::kMaxSpaces; ++model) (void)store_->open_space(spec(model));
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader)
    readers.emplace_back([&] {
      const auto feature = feature_of(1);
      const LookupItem item{key_of(1), feature, 0};
      std::array<std::atomic<std::uint64_t>, 1> words{};
      LeaseTable leases(words);
      store_->register_leases(leases);
      const std::uint32_t lease = 0;
      while (!stop)
        for (std::uint32_t id = 0; id < layout::kMaxSpaces; ++id) {
          std::optional<Found> found;
          (void)store_->find({SpaceId{id}, Layer{0}, 1, {&item, 1}}, leases, {&lease, 1}, {&found, 1});
          (void)store_->stats();
        }
      store_->unregister_leases(leases);
    });
  for (std::uint64_t model = 1000; model < 1300; ++model) {
    const Result<OpenedSpace> opened = store_->use_space(spec(model));
    if (!opened) continue;  // all are being read at this moment
    EXPECT_EQ(store_->space(opened->id)->model.low, model);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(StoreInspection, APageOfACheckIsBoundedByBytes) {
  constexpr std::size_t kLarge = 40 << 20;
  options_.create_bytes = 256 << 20;
  close();
  std::filesystem::remove(path_);
  open();
  const SpaceId large = store_->open_space(small_space(kLarge)).value();
  for (std::uint64_t number = 0; number < 4; ++number) {
    const auto feature = feature_of(1);
    ASSERT_TRUE(store_->publish(large, {.layer = Layer{0}, .key = key_of(number), .feature = feature, .length = 1},
                                payload_of(number, kLarge)));
  }
  const CheckPage page = store_->check(0, 64, false).value();
  EXPECT_LE(page.checked, 2u);
  EXPECT_NE(page.next, 0u);
}

TEST_F(StoreInspection, CursorsFromNowhereEndTheWalk) {
  ASSERT_TRUE(publish(0).is_ok());
  EXPECT_EQ(store_->list(~std::uint64_t{0}, 10)->next, 0u);
  EXPECT_EQ(store_->check(~std::uint64_t{0}, 10, false)->next, 0u);
  EXPECT_TRUE(store_->list(~std::uint64_t{0}, 10)->memos.empty());
}

TEST_F(StoreInspection, CheckBesidePublishersAndErasersReportsNoDamage) {
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t number = 0; number < 3000; ++number) {
      EXPECT_TRUE(publish(number).is_ok());
      if (number < 100) continue;
      EXPECT_TRUE(erase(number - 100).is_ok());
    }
    done = true;
  });
  std::vector<std::string> damage;
  while (!done) {
    const CheckPage page = store_->check(0, 200, false).value();
    damage.insert(damage.end(), page.damage.begin(), page.damage.end());
  }
  writer.join();
  EXPECT_TRUE(damage.empty()) << damage.front();
}

}  // namespace
}  // namespace memo::test
