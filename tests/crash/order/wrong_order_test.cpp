// That the replay of power failures finds what it looks for: each of these orders is wrong, and is seen to be.
#include <iterator>

#include "tests/crash/order/persist_order_fixture.h"

namespace memo::test {
namespace {

class WrongOrder : public PersistOrder {
 protected:
  // Whether the order, whose last store should vouch for what comes before it, is seen to be wrong.
  bool is_found_wrong(const PersistEvents& events) {
    const auto store = std::find_if(events.rbegin(), events.rend(), is(PersistEvent::store));
    const auto last = static_cast<std::size_t>(std::next(store).base() - events.begin());
    return !replay(events, {.first_event = last, .random_subsets = 0}).violation.empty();
  }
};

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

TEST_F(WrongOrder, OrderOfTheStoreItselfIsRight) {
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
