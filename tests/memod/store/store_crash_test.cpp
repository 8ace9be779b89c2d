// A process that publishes and erases is killed at a random instant, again and again: whatever it had acknowledged
// is there, and nothing is there that it did not publish.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <random>
#include <set>
#include <thread>

#include "memod/store/local_store.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::size_t kLongPayload = 20'000;  // long enough to be killed within
constexpr std::uint64_t kLivePerRound = 60;
constexpr std::uint64_t kNumbersPerRound = 1'000'000;

// What the child says through the pipe; a write this small is atomic.
struct Report {
  enum Kind : std::uint64_t { published = 1, about_to_erase = 2 } kind;
  std::uint64_t number;
};

void say(int pipe, Report report) {
  if (write(pipe, &report, sizeof(report)) != sizeof(report)) _exit(3);
}

Result<PublishOutcome> publish(Store& store, SpaceId space, std::uint64_t number) {
  const auto feature = feature_of(static_cast<double>(number % 1000));
  const Publication publication{
      .layer = Layer{0}, .key = key_of(number), .feature = feature, .length = 100, .cost_us = 1};
  return store.publish(space, publication, payload_of(number, kLongPayload));
}

// The child: keeps its last memos live and erases older ones, so that slots are reused. Never returns.
[[noreturn]] void mutate(const StoreOptions& options, std::uint64_t first, int pipe) {
  Result<std::unique_ptr<Store>> store = Store::open(options);
  if (!store) _exit(1);
  const SpaceId space = (*store)->open_space(small_space(kLongPayload)).value();
  for (std::uint64_t number = first;; ++number) {
    if (!publish(**store, space, number)) _exit(2);
    say(pipe, {Report::published, number});
    if (number < first + kLivePerRound) continue;
    say(pipe, {Report::about_to_erase, number - kLivePerRound});
    if (!(*store)->erase(space, Layer{0}, key_of(number - kLivePerRound))) _exit(4);
  }
}

// The parent's knowledge of what must, and of what may, be in the pool.
struct Expected {
  std::set<std::uint64_t> acknowledged;
  std::set<std::uint64_t> perhaps;  // erased, or killed while erasing

  void note(const Report& report) {
    if (report.kind == Report::published) {
      acknowledged.insert(report.number);
    } else {
      acknowledged.erase(report.number);
      perhaps.insert(report.number);
    }
  }
};

class StoreCrash : public testing::Test {
 protected:
  // Kills the child `delay` after its first acknowledgement, and reads everything that it said.
  void run_and_kill(std::uint64_t first, std::chrono::microseconds delay) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) mutate(options_, first, ends[1]);
    close(ends[1]);
    std::thread killer;
    for (Report report{}; read(ends[0], &report, sizeof(report)) == sizeof(report);) {
      expected_.note(report);
      if (!killer.joinable()) {
        killer = std::thread([child, delay] {
          std::this_thread::sleep_for(delay);
          kill(child, SIGKILL);
        });
      }
    }
    close(ends[0]);
    ASSERT_TRUE(killer.joinable()) << "the child never published";
    killer.join();
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child failed by itself: " << status;
  }

  void verify() {
    Result<std::unique_ptr<Store>> opened = Store::open(options_);
    ASSERT_TRUE(opened.is_ok()) << opened.status().message();
    const std::shared_ptr<Store> store = std::move(*opened);
    EXPECT_EQ(store->stats()->damaged, 0u);
    EXPECT_TRUE(store->check(0, 1'000'000, false)->damage.empty());
    const auto reader = make_local_store(store);
    const SpaceId space = reader->open_space(small_space(kLongPayload)).value();
    for (const std::uint64_t number : expected_.acknowledged)
      EXPECT_TRUE(has_right_bytes(*reader, space, number, false)) << number;
    for (const std::uint64_t number : expected_.perhaps)
      EXPECT_TRUE(has_right_bytes(*reader, space, number, true)) << number;
  }

  static bool has_right_bytes(MemoStore& store, SpaceId space, std::uint64_t number, bool may_be_missing) {
    const LookupItem item{key_of(number), {}, 0};
    std::optional<Match> match;
    if (!store.lookup({space, Layer{0}, 0, {&item, 1}}, {&match, 1})) return false;
    return match ? equal(match->view.payload(), payload_of(number, kLongPayload)) : may_be_missing;
  }

  TempDir folder_;
  StoreOptions options_{.path = folder_.file("pool"), .create_bytes = 96ull << 20};
  Expected expected_;
};

TEST_F(StoreCrash, KilledPublisherLosesNothingAcknowledged) {
  constexpr int kRounds = 20;
  std::mt19937 random(20);
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const std::chrono::microseconds delay(random() % 30'000);
    ASSERT_NO_FATAL_FAILURE(run_and_kill(round * kNumbersPerRound, delay));
    ASSERT_NO_FATAL_FAILURE(verify());
  }
  EXPECT_GT(expected_.acknowledged.size(), static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace memo::test
