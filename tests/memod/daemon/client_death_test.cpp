// Clients die at every step of what they do. The daemon keeps nothing of them, and those beside them notice nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include "tests/support/child_process.h"
#include "tests/support/open_descriptors.h"
#include "tests/support/pool/memo_fixtures.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

constexpr std::size_t kPayload = 4096;

struct Point {
  std::string step;
  int nth = 1;
};

std::size_t mapped_segments() {
  std::istringstream maps(read_file("/proc/self/maps"));
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("memfd:") != std::string::npos;
  return count;
}

class ClientDeath : public testing::TestWithParam<MemoKind> {
 protected:
  ClientDeath() : space_(pool_.store().open_space(spec()).value()) { pool_.store().register_leases(leases_); }
  ~ClientDeath() override { pool_.store().unregister_leases(leases_); }

  static SpaceSpec spec() {
    return GetParam() == MemoKind::output ? small_output_space(kPayload) : small_space(kPayload);
  }

  Finished run_client(std::uint64_t key, const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> command = {program("dying_client"), pool_.socket_path(),
                                        std::string(to_string(GetParam())), std::to_string(key)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command, folder_.path());
  }

  // Every step of the script, as often as it passes it.
  std::vector<Point> points() {
    const Finished dry = run_client(0);
    EXPECT_EQ(dry.exit_code, 0);
    std::map<std::string, int> passes;
    std::vector<Point> points;
    std::istringstream lines(dry.output);
    for (std::string step; std::getline(lines, step);) points.push_back({step, ++passes[step]});
    return points;
  }

  std::optional<Found> find(std::uint64_t key) {
    const LookupItem item{key_of(key), {}, 0};
    const std::uint32_t lease = 0;
    std::optional<Found> found;
    EXPECT_TRUE(pool_.store().find({space_, Layer{0}, 0, {&item, 1}}, leases_, {&lease, 1}, {&found, 1}).is_ok());
    leases_.release(0);
    return found;
  }

  // Erasing frees a slot at once, unless a lease still holds it.
  void expect_no_lease_on(std::uint64_t key, const Point& point) {
    const auto found = find(key);
    if (!found) return;  // died before it had published
    EXPECT_TRUE(
        equal(pool_.store().bytes(found->payload_offset, found->payload_bytes), payload_of(key, kPayload)));
    ASSERT_TRUE(pool_.store().erase(space_, Layer{0}, key_of(key)).is_ok());
    EXPECT_NE(pool_.store().state_word(found->state_word_offset)->load(),
              static_cast<std::uint64_t>(found->generation))
        << "a lease is left after " << point.step << " " << point.nth;
  }

  // Publishes until there is no room; a slot that was lost is missing from the count.
  std::uint64_t publish_until_full() {
    const auto feature = feature_of(1);
    for (std::uint64_t count = 0;; ++count) {
      const Publication memo{.layer = Layer{0},
                             .key = key_of(count),
                             .feature = std::span(feature).first(spec().feature_dimension),
                             .length = 100,
                             .cost_us = 1};
      if (!pool_.store().publish(space_, memo, payload_of(count, kPayload))) return count;
    }
  }

  TempDir folder_;
  ServedPool pool_{16ull << 20};
  std::array<std::atomic<std::uint64_t>, 1> words_{};
  LeaseTable leases_{words_};
  SpaceId space_;
};

TEST_P(ClientDeath, LeavesNothingBehindWhereverItHappens) {
  const std::vector<Point> points = this->points();
  std::set<std::string> names;
  for (const Point& point : points) names.insert(point.step);
  EXPECT_GE(names.size(), 40u);

  RecordProperty("points", static_cast<int>(points.size()));
  RecordProperty("names", static_cast<int>(names.size()));

  const auto healthy = pool_.attach();
  const std::uint64_t healthy_run = healthy->boot_token().value();
  ASSERT_TRUE(eventually([&] { return pool_.sessions() == 1; }));
  // The healthy session's, mapped by both sides in this process. A session that has ended is unmapped soon after.
  constexpr std::size_t kSegments = 2;
  ASSERT_TRUE(eventually([&] { return mapped_segments() == kSegments; }));
  const std::size_t descriptors = open_descriptors();
  std::uint64_t key = 0;
  for (const Point& point : points) {
    ++key;
    const Finished died = run_client(key, {point.step, std::to_string(point.nth)});
    // The order of two threads' steps can differ from run to run, so that one may pass a step less often.
    EXPECT_TRUE(died.exit_code == 128 + SIGKILL || (died.exit_code == 0 && point.nth > 1))
        << point.step << " " << point.nth << " exit code " << died.exit_code;
    ASSERT_TRUE(eventually([&] { return pool_.sessions() == 1; })) << point.step;
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; })) << point.step;
    EXPECT_TRUE(eventually([&] { return mapped_segments() == kSegments; })) << point.step;
    expect_no_lease_on(key, point);
  }
  EXPECT_TRUE(healthy->available());
  EXPECT_EQ(healthy->boot_token(), healthy_run);
  (void)pool_.store().erase(space_, Layer{0}, key_of(0));
  EXPECT_EQ(pool_.store().stats()->memos, 0u);
  const std::uint64_t published = publish_until_full();
  EXPECT_EQ(published, pool_.store().stats()->spaces[0].slots);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ClientDeath, testing::Values(MemoKind::map, MemoKind::output),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

}  // namespace
}  // namespace memo::test
