// Rebuilds beside searches, adds and removes from other threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

// Labels up to kStable are there all the time; those above come and go, with another feature each time. Parameter: whether
// half of these features are equal.
class ConcurrentRebuild : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::size_t kStable = 200;
  static constexpr std::size_t kRounds = 6;

  ConcurrentRebuild() {
    for (std::size_t i = kStable; GetParam() && i < stored_.size(); i += 2) stored_[i] = stored_[kStable];
    for (std::size_t label = 0; label < kStable; ++label) sut_.add(label, stored_[label]);
    maintain_all(sut_);
  }
  void churn() {
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = kStable; i < stored_.size(); ++i) sut_.add(i, stored_[(i + round) % kStable + kStable]);
      // What is still in the tail leaves no tombstone.
      while (sut_.stats().tail > 0) std::this_thread::yield();
      for (std::size_t i = kStable; i < stored_.size(); ++i) sut_.remove(i);
    }
  }
  // Counts stable labels that were not found, and answers that cannot be.
  void search_until_done() {
    for (std::size_t i = 0; !done_; ++i) {
      const auto nearest = search(sut_, stored_[i % kStable], 4);
      wrong_ += nearest.size() != 4 || nearest[0].label != i % kStable || nearest[0].distance != 0.0f;
      const VectorIndexStats stats = sut_.stats();
      wrong_ += stats.live < kStable || stats.live > stored_.size() || sut_.size() > stored_.size();
      ++searches_;
    }
  }

  ClusteredFeatures source_{13};
  std::vector<Feature> stored_ = source_.many(2 * kStable);
  VectorIndex sut_{rebuilt_early()};
  std::atomic<bool> done_ = false;
  std::atomic<std::size_t> wrong_ = 0;
  std::atomic<std::size_t> searches_ = 0;
};

TEST_P(ConcurrentRebuild, LiveFeaturesAreFoundAtEveryInstant) {
  std::thread maintainer([&] {
    while (!done_) sut_.maintain();
  });
  std::thread first([&] { search_until_done(); }), second([&] { search_until_done(); });
  churn();
  done_ = true;
  for (std::thread* thread : {&maintainer, &first, &second}) thread->join();
  maintain_all(sut_);
  EXPECT_EQ(wrong_, 0u);
  EXPECT_GT(searches_, 0u);
  EXPECT_GE(sut_.stats().rebuilds, 2u);
  EXPECT_EQ(sut_.size(), kStable);
}

INSTANTIATE_TEST_SUITE_P(Features, ConcurrentRebuild, testing::Bool(),
                         [](const auto& info) { return info.param ? "HalfOfThemEqual" : "AllDifferent"; });

}  // namespace
}  // namespace memo::test
