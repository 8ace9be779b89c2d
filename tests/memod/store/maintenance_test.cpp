// When the maintenance thread works: after every wake, and not once for each of many.
#include "memod/store/upkeep/maintenance.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/eventually.h"

namespace memo::test {
namespace {

using Clock = std::chrono::steady_clock;

class MaintenanceWakes : public testing::Test {
 protected:
  std::atomic<int> steps_ = 0;
  MaintenanceSignal signal_;
  Maintenance sut_{signal_, [this](const std::stop_token&) {
                     ++steps_;
                     return Maintenance::Next();
                   }};
};

TEST_F(MaintenanceWakes, StepFollowsEveryWake) {
  for (int i = 0; i < 300; ++i) {
    const int before = steps_;
    i % 3 == 0 ? signal_.wake() : signal_.wake_soon();
    ASSERT_TRUE(eventually([&] { return steps_ > before; })) << i;
  }
}

TEST_F(MaintenanceWakes, ManyThatCanWaitShareAStep) {
  const auto begin = Clock::now();
  for (int i = 0; i < 200'000; ++i) signal_.wake_soon();
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begin).count();
  EXPECT_LE(steps_, milliseconds + 1);
}

TEST_F(MaintenanceWakes, StopEndsItWhileItRests) {
  signal_.wake_soon();
  ASSERT_TRUE(eventually([&] { return steps_ > 0; }));
  sut_.stop();
  const int before = steps_;
  signal_.wake();
  EXPECT_EQ(steps_, before);
}

}  // namespace
}  // namespace memo::test
