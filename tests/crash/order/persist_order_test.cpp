// A power failure after any store of a publish, an erase, a pin or a quota leaves that operation done or not done, and
// every other memo as it was, whichever of the unfenced bytes have reached the memory.
#include "tests/crash/order/persist_order_fixture.h"

namespace memo::test {
namespace {

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

}  // namespace
}  // namespace memo::test
