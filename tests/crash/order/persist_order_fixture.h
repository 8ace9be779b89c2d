// PersistOrder: a small pool next to whose memos something happens, which is then replayed with power failures in it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "memod/store/pool/format/layout.h"
#include "tests/crash/examiner.h"
#include "tests/crash/order/power_failure.h"
#include "tests/support/pool/pool_image.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

inline constexpr MemoName kSubject = {0, 500};
inline constexpr MemoName kBystander = {0, 2};

struct Replay {
  std::uint64_t states = 0;
  std::set<std::uint64_t> hits;  // how many memos were found
  std::string violation;         // empty: none
};

inline auto is(PersistEvent::Kind kind) {
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

inline void publish_subject(Store& store) {
  ASSERT_TRUE(publish(store, kSubject).is_ok());
}

}  // namespace memo::test
