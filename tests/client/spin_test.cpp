#include "client/protocol/ring/spin.h"

#include <gtest/gtest.h>

#include <thread>

namespace memo {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr microseconds kLongest{100};

class Spin : public testing::Test {
 protected:
  void SetUp() override {
    if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "with one core nobody spins";
  }
  void wait_often(AdaptiveSpin::Clock::duration wait) {
    for (int i = 0; i < 40; ++i) spin_.learn(wait);
  }
  AdaptiveSpin spin_{kLongest};
};

TEST_F(Spin, IsAboutTwiceAsLongAsWaitsWere) {
  wait_often(microseconds{10});
  EXPECT_GE(spin_.budget(), microseconds{19});
  EXPECT_LE(spin_.budget(), microseconds{25});
}

TEST_F(Spin, IsNeverLongerThanItMayBe) {
  wait_often(kLongest - microseconds{1});
  EXPECT_EQ(spin_.budget(), kLongest);
}

TEST_F(Spin, LongWaitsAreSleptThrough) {
  wait_often(hours{1});
  EXPECT_EQ(spin_.budget(), nanoseconds{0});
}

TEST_F(Spin, AfterLongWaitsOneInSixteenIsTried) {
  wait_often(hours{1});
  int tried = 0;
  for (int i = 0; i < 160; ++i) tried += spin_.budget() > nanoseconds{0};
  EXPECT_EQ(tried, 10);
}

// A wait that is slept through takes longer than the same wait that is not.
TEST_F(Spin, OneShortWaitEndsTheSleeping) {
  wait_often(hours{1});
  spin_.learn(microseconds{5});
  EXPECT_GT(spin_.budget(), microseconds{5});
  EXPECT_LT(spin_.budget(), microseconds{20});
}

TEST_F(Spin, EndsWhenReady) {
  int looks = 0;
  EXPECT_TRUE(spin_.until([&] { return ++looks == 3; }));
  EXPECT_EQ(looks, 3);
}

TEST_F(Spin, GivesUpWhenItIsOver) {
  EXPECT_FALSE(spin_.until([] { return false; }));
}

}  // namespace
}  // namespace memo
