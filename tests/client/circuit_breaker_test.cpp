#include "client/attached/circuit_breaker.h"

#include <gtest/gtest.h>

namespace memo {
namespace {

using std::chrono::milliseconds;
const CircuitBreaker::Clock::time_point kStart{std::chrono::hours(1)};

void trip(CircuitBreaker& breaker) {
  for (int i = 0; i < CircuitBreaker::kTolerated; ++i) breaker.record_timeout(kStart);
}

TEST(CircuitBreaker, TwoTimeoutsAreTolerated) {
  CircuitBreaker sut;
  sut.record_timeout(kStart);
  sut.record_timeout(kStart);
  EXPECT_TRUE(sut.allows(kStart));
}

TEST(CircuitBreaker, ThirdTimeoutInARowPauses) {
  CircuitBreaker sut;
  trip(sut);
  EXPECT_FALSE(sut.allows(kStart + milliseconds(49)));
  EXPECT_TRUE(sut.paused(kStart + milliseconds(49)));
}

TEST(CircuitBreaker, SuccessInBetweenStartsTheCountAnew) {
  CircuitBreaker sut;
  sut.record_timeout(kStart);
  sut.record_timeout(kStart);
  sut.record_success();
  sut.record_timeout(kStart);
  EXPECT_TRUE(sut.allows(kStart));
}

TEST(CircuitBreaker, OneCallMayTryAfterThePause) {
  CircuitBreaker sut;
  trip(sut);
  EXPECT_TRUE(sut.allows(kStart + milliseconds(50)));
  EXPECT_FALSE(sut.allows(kStart + milliseconds(50)));
}

TEST(CircuitBreaker, PausesDoubleUpToTheLongest) {
  CircuitBreaker sut;
  trip(sut);
  auto now = kStart;
  for (const int pause : {50, 100, 200, 400, 800, 1600, 2000, 2000}) {
    EXPECT_FALSE(sut.allows(now + milliseconds(pause - 1)));
    now += milliseconds(pause);
    EXPECT_TRUE(sut.allows(now));
    sut.record_timeout(now);
  }
}

TEST(CircuitBreaker, SuccessAfterAPauseCloses) {
  CircuitBreaker sut;
  trip(sut);
  sut.record_success();
  EXPECT_FALSE(sut.paused(kStart));
  EXPECT_TRUE(sut.allows(kStart));
}

}  // namespace
}  // namespace memo
