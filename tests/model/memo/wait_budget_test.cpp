#include "model/memo/selection/wait_budget.h"

#include <gtest/gtest.h>

namespace memo {
namespace {

using std::chrono::microseconds;

// A budget that has learned that 100 tokens take 100 ms.
WaitBudget learned(WaitLimit limit = {}) {
  WaitBudget budget(limit);
  budget.begin(100);
  budget.end(0.1);
  return budget;
}

TEST(WaitBudget, LeavesTheFirstBatchToTheStoresOwnTimeout) {
  WaitBudget sut;
  sut.begin(100);
  sut.add_waited(1);
  EXPECT_FALSE(sut.spent());
  EXPECT_EQ(sut.left(), LookupRequest::kStoresOwn);
}

TEST(WaitBudget, IsAShareOfWhatTheBatchTakesToCompute) {
  WaitBudget sut = learned();
  sut.begin(200);
  EXPECT_NEAR(static_cast<double>(sut.left().count()), 10'000, 1);
}

TEST(WaitBudget, WaitingIsNotPartOfWhatComputingTakes) {
  WaitBudget sut;
  sut.begin(100);
  sut.add_waited(0.4);
  sut.end(0.5);
  sut.begin(100);
  EXPECT_NEAR(static_cast<double>(sut.left().count()), 5'000, 1);
}

TEST(WaitBudget, IsUsedUpByAllLookupsOfABatchTogetherAndNewForTheNext) {
  WaitBudget sut = learned();
  sut.begin(100);
  sut.add_waited(0.003);
  EXPECT_NEAR(static_cast<double>(sut.left().count()), 2'000, 1);
  sut.add_waited(0.003);
  EXPECT_TRUE(sut.spent());
  EXPECT_EQ(sut.left(), microseconds(0));
  sut.begin(100);
  EXPECT_FALSE(sut.spent());
}

TEST(WaitBudget, ShortBatchMayWaitForAThreadToBeScheduled) {
  WaitBudget sut = learned();
  sut.begin(1);
  EXPECT_EQ(sut.left(), microseconds(500));
}

TEST(WaitBudget, GivenTimeIsTakenAsItIs) {
  WaitLimit limit;
  limit.seconds = 0.002;
  WaitBudget sut(limit);
  sut.begin(1);
  EXPECT_EQ(sut.left(), microseconds(2000));
}

TEST(WaitBudget, WithoutALimitIsNeverSpent) {
  WaitLimit limit;
  limit.limited = false;
  WaitBudget sut = learned(limit);
  sut.begin(1);
  sut.add_waited(100);
  EXPECT_FALSE(sut.spent());
  EXPECT_EQ(sut.left(), LookupRequest::kStoresOwn);
}

}  // namespace
}  // namespace memo
