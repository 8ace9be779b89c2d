// A power failure after any store of a publish, an erase, a pin or a quota leaves that operation done or not done, and
// every other memo as it was, whichever of the unfenced bytes have reached the memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "memod/pool/layout.h"
#include "tests/crash/examiner.h"
#include "tests/crash/pool_image.h"
#include "tests/crash/power_failure.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr MemoName kSubject = {0, 500};
constexpr MemoName kBystander = {0, 2};

struct Replay {
  std::uint64_t states = 0;
  std::set<std::uint64_t> hits;  // how many memos were found
  std::string violation;         // empty: none
};

auto is(PersistEvent::Kind kind) {
  return [kind](const PersistEvent& event) { return event.kind == kind; };
}

class PersistOrder : public testing::Test {
 protected:
  // Two spaces with a few memos, next to which the operation happens.
  PersistOrder() {
    open();
    for (std::uint64_t number = 0; number < 6; ++number)
      for (const std::uint32_t space : {0u, 1u}) {
        EXPECT_TRUE(publish(*store_, {space, number}).is_ok());
        ledger_.set({space, number}, Presence::must);
      }
  }

  void open() {
    StoreOptions options = examined(path_);
    options.create_bytes = layout::kMinPoolBytes;
    options.persist_observer = log_;
    store_ = std::move(Store::open(options).value());
  }

  // Fills the only extent of space 0 except for one slot that was used before.
  void leave_one_used_slot() {
    const SpaceStats before = store_->stats()->spaces[0];
    ASSERT_TRUE(store_->set_quota(before.id, before.reserved_bytes).is_ok());
    for (std::uint64_t number = 6; number < before.slots; ++number) {
      ASSERT_TRUE(publish(*store_, {0, number}).is_ok());
      ledger_.set({0, number}, Presence::must);
    }
    ASSERT_TRUE(erase(*store_, {0, 5}).is_ok());
    ledger_.set({0, 5}, Presence::must_not);
  }

  // What the operation stores; afterwards the pool is closed, and `before_` is what it was.
  PersistEvents record(const std::function<void(Store&)>& operation) {
    before_ = std::make_unique<PoolImage>(path_);
    (void)log_->take();
    operation(*store_);
    PersistEvents events = log_->take();
    store_.reset();
    return events;
  }

  // Up to the first state that is not what it must be.
  Replay replay(const PersistEvents& events, const FailurePlan& plan = {}) {
    Replay replay;
    for_each_power_failure(events, plan, random_, [&](const Units& there) {
      before_->restore(path_);
      for (const Unit& unit : there) overwrite(path_, unit.offset, unit.bytes());
      const Verdict verdict = examine(path_, ledger_);
      replay.states += 1;
      replay.hits.insert(verdict.hits);
      replay.violation = verdict.text();
      return verdict.is_clean();
    });
    RecordProperty("states", static_cast<int>(replay.states));
    return replay;
  }
  // Whether the order, whose last store should vouch for what comes before it, is seen to be wrong.
  bool is_found_wrong(const PersistEvents& events) {
    const auto store = std::find_if(events.rbegin(), events.rend(), is(PersistEvent::store));
    const auto last = static_cast<std::size_t>(std::next(store).base() - events.begin());
    return !replay(events, {.first_event = last, .random_subsets = 0}).violation.empty();
  }

  // Requires: `outcomes` numbers of memos may be found, and all of them are.
  void expect_clean(const PersistEvents& events, std::uint64_t least_states, std::size_t outcomes) {
    const Replay result = replay(events);
    EXPECT_EQ(result.violation, "");
    EXPECT_GE(result.states, least_states);
    EXPECT_EQ(result.hits.size(), outcomes);
    EXPECT_TRUE(std::none_of(events.begin(), events.end(), is(PersistEvent::transaction)))
        << "a transaction, whose stores are not seen, came between";
  }

  TempDir folder_{fast_folder()};
  std::string path_ = folder_.file("pool");
  std::shared_ptr<PersistLog> log_ = std::make_shared<PersistLog>();
  std::unique_ptr<Store> store_;
  std::unique_ptr<PoolImage> before_;
  Ledger ledger_;
  std::mt19937 random_{2301};
};

void publish_subject(Store& store) {
  ASSERT_TRUE(publish(store, kSubject).is_ok());
}

// The fence that the last store waits for is gone: as if the word were stored without waiting for what it vouches for.
PersistEvents without_fence_before_word(PersistEvents events) {
  const auto word = std::find_if(events.rbegin(), events.rend(), is(PersistEvent::store));
  const auto fence = std::find_if(word, events.rend(), is(PersistEvent::fence));
  events.erase(std::next(fence).base());
  return events;
}

// The last store comes first.
PersistEvents with_word_first(PersistEvents events) {
  const auto word = std::find_if(events.rbegin(), events.rend(), is(PersistEvent::store));
  std::rotate(events.begin(), std::next(word).base(), events.end());
  return events;
}

// The n-th flush never happens.
PersistEvents without_flush(PersistEvents events, int n) {
  const auto is_flush = [&n](const PersistEvent& event) { return event.kind == PersistEvent::flush && n-- == 0; };
  events.erase(std::find_if(events.begin(), events.end(), is_flush));
  return events;
}

TEST_F(PersistOrder, PublishIntoAFreshSlotIsAbsentOrComplete) {
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  expect_clean(events, 1000, 2);
}

TEST_F(PersistOrder, PublishIntoAUsedSlotIsAbsentOrComplete) {
  ASSERT_NO_FATAL_FAILURE(leave_one_used_slot());
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  expect_clean(events, 1000, 2);
}

TEST_F(PersistOrder, PublishedMemoLastsOnceItIsAcknowledged) {
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::must);
  PowerFailure failure;
  for (const PersistEvent& event : events) failure.apply(event);
  EXPECT_TRUE(failure.pending().empty()) << "something is acknowledged before it lasts";
  before_->restore(path_);
  for (const Unit& unit : failure.lasting()) overwrite(path_, unit.offset, unit.bytes());
  EXPECT_EQ(examine(path_, ledger_).text(), "");
}

TEST_F(PersistOrder, EraseIsDoneOrNotDone) {
  const PersistEvents events = record([](Store& store) { ASSERT_TRUE(erase(store, kBystander).is_ok()); });
  ledger_.set(kBystander, Presence::may);
  expect_clean(events, 2, 2);
}

TEST_F(PersistOrder, SlotThatIsErasedAndWrittenAgainHoldsOneMemoOrTheOther) {
  ASSERT_NO_FATAL_FAILURE(leave_one_used_slot());
  ASSERT_TRUE(publish(*store_, {0, 5}).is_ok());
  ledger_.set({0, 5}, Presence::may);
  const PersistEvents events = record([](Store& store) {
    ASSERT_TRUE(erase(store, {0, 5}).is_ok());
    publish_subject(store);
  });
  ledger_.set(kSubject, Presence::may);
  expect_clean(events, 1000, 2);
}

TEST_F(PersistOrder, PinAndQuotaHurtNoMemo) {
  const PersistEvents events = record([](Store& store) {
    const SpaceId space = store.open_space(model_space(0)).value();
    ASSERT_TRUE(store.set_pinned(space, kBystander.layer(), kBystander.key(), true).is_ok());
    ASSERT_TRUE(store.set_quota(space, 64 << 20).is_ok());
    ASSERT_TRUE(store.set_pinned(space, kBystander.layer(), kBystander.key(), false).is_ok());
  });
  expect_clean(events, 6, 1);
}

// That the replay finds what it looks for: each of these orders is wrong, and must be seen to be.
using WrongOrder = PersistOrder;

TEST_F(WrongOrder, TheOrderOfTheStoreIsNot) {
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  EXPECT_FALSE(is_found_wrong(events));
}

TEST_F(WrongOrder, WordThatDoesNotWaitForItsMemoIsFound) {
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  EXPECT_TRUE(is_found_wrong(without_fence_before_word(events)));
}

TEST_F(WrongOrder, WordThatComesFirstIsFound) {
  ASSERT_NO_FATAL_FAILURE(leave_one_used_slot());
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  EXPECT_FALSE(replay(with_word_first(events)).violation.empty());
}

TEST_F(WrongOrder, ForgottenFlushOfPayloadFeatureOrHeaderIsFound) {
  const PersistEvents events = record(publish_subject);
  ledger_.set(kSubject, Presence::may);
  for (const int flush : {0, 1, 2}) EXPECT_TRUE(is_found_wrong(without_flush(events, flush))) << "flush " << flush;
}

}  // namespace
}  // namespace memo::test
