// Publishing to a real daemon that is stopped: it never waits, and what does not get through is counted.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <memory>

#include "memo/attach.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

class StoppedDaemon : public testing::Test {
 protected:
  static constexpr std::uint64_t kPayload = 65'536;

  void SetUp() override {
    daemon_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{program("memod"), "--pool", folder_.file("pool"),
                                                                "--size", "64MiB", "--listen", endpoint()},
                                       folder_.path().string());
    AttachOptions options;
    options.control_timeout = std::chrono::seconds(30);
    options.draft_bytes = draft_bytes_;
    store_ = attach(endpoint(), options).value();
    ASSERT_TRUE(eventually([this] { return store_->available() || !daemon_->running(); })) << daemon_->errors();
    space_ = store_->open_space(small_space(kPayload)).value();
    ASSERT_TRUE(eventually([this] { return store_->draft(space_, 1).is_ok(); }));
  }
  std::string endpoint() const { return "unix:" + folder_.file("socket"); }

  // Returns when every thread of the daemon has stopped.
  void stop() {
    daemon_->signal(SIGSTOP);
    siginfo_t info = {};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(daemon_->pid()), &info, WSTOPPED | WNOWAIT), 0);
  }

  // Whether it was sent. Hangs, and fails by its time limit, if anything here waits for the daemon.
  bool publish(std::uint64_t number, std::size_t bytes) {
    auto draft = store_->draft(space_, bytes);
    if (!draft) {
      EXPECT_EQ(draft.status().code(), StatusCode::busy) << draft.status().message();
      return false;
    }
    const auto feature = feature_of(static_cast<double>(number));
    const Status status =
        store_->publish(std::move(*draft), {.key = key_of(number), .feature = feature, .length = 1});
    EXPECT_TRUE(status || status.code() == StatusCode::busy) << status.message();
    return status.is_ok();
  }

  // Publishes far more than fits to a daemon that is stopped, then lets it go on.
  void expect_drops_and_the_rest_stored(std::size_t bytes) {
    constexpr std::uint64_t kAttempts = 2000;
    stop();
    std::uint64_t sent = 0;
    for (std::uint64_t number = 0; number < kAttempts; ++number) sent += publish(number, bytes);
    EXPECT_GT(sent, 0u);
    EXPECT_LT(sent, kAttempts);
    EXPECT_EQ(store_->publish_counts().dropped, kAttempts - sent);
    EXPECT_EQ(store_->publish_counts().acknowledged, 0u);
    daemon_->signal(SIGCONT);
    const Status flushed = store_->flush(std::chrono::seconds(60));
    ASSERT_TRUE(flushed.is_ok()) << flushed.message();
    EXPECT_EQ(store_->publish_counts().acknowledged, sent);
    EXPECT_EQ(store_->publish_counts().dropped, kAttempts - sent);
  }

  TempDir folder_;
  std::uint64_t draft_bytes_ = 1 << 20;
  std::unique_ptr<ChildProcess> daemon_;
  std::unique_ptr<MemoStore> store_;
  SpaceId space_{};
};

TEST_F(StoppedDaemon, PublishesBeyondTheDraftsAreDroppedAndCounted) {
  expect_drops_and_the_rest_stored(kPayload);
}

class StoppedDaemonWithRoom : public StoppedDaemon {
 protected:
  StoppedDaemonWithRoom() { draft_bytes_ = 64 << 20; }
};

TEST_F(StoppedDaemonWithRoom, PublishesBeyondTheRingAreDroppedAndCounted) {
  expect_drops_and_the_rest_stored(64);
}

TEST_F(StoppedDaemon, FlushEndsAtItsTimeout) {
  stop();
  ASSERT_TRUE(publish(1, 64));
  EXPECT_EQ(store_->flush(std::chrono::milliseconds(20)).code(), StatusCode::deadline_exceeded);
  daemon_->signal(SIGCONT);
  EXPECT_TRUE(store_->flush(std::chrono::seconds(60)).is_ok());
}

}  // namespace
}  // namespace memo::test
