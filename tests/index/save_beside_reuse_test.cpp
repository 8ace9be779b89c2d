// Saving while labels come to stand for something else.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/index/image_fixtures.h"

namespace memo::test {
namespace {

// Slots as a store has them: what a label stands for is a generation, and its feature says which.
class SaveBesideReuse : public testing::Test {
 protected:
  static constexpr std::size_t kLabels = 200;

  static Feature feature_of(std::uint64_t label, std::uint64_t generation) {
    Feature feature(kDimension, static_cast<float>(label));
    feature[0] = static_cast<float>(generation);
    return feature;
  }
  void add_all_labels() {
    for (std::uint64_t label = 0; label < kLabels; ++label)
      index_.add(label, feature_of(label, ++generations_[label]));
    maintain_all(index_);
  }
  void reuse(std::uint64_t label) {
    index_.remove(label);
    index_.add(label, feature_of(label, ++generations_[label]));
  }
  // One label for each turn that is given.
  void reuse_until_done() {
    std::mt19937 random(31);
    while (!done_) {
      if (reused_ == turns_) continue;
      reuse(random() % kLabels);
      ++reused_;
    }
  }
  // Lets labels change between any two reads, and beside what follows the last one.
  std::uint64_t stamp_of(std::uint64_t label) {
    const std::uint64_t stamp = generations_[label];
    turns_ += label % 4 == 0;
    if (label % 16 == 0) std::this_thread::yield();
    return stamp;
  }
  // Checks that each label of an image stands for the feature that it had in the generation it was saved with.
  void check(const Bytes& bytes) {
    VectorIndex loaded(all_in_graph());
    std::map<std::uint64_t, std::uint64_t> stamps;
    const auto error =
        loaded.load(bytes, [&](auto label, auto stamp) { return stamps.emplace(label, stamp).second; });
    ASSERT_FALSE(error.has_value()) << *error;
    for (const auto& [label, stamp] : stamps) {
      const Neighbor nearest = search(loaded, feature_of(label, stamp), 1).front();
      EXPECT_EQ(nearest.label, label);
      EXPECT_EQ(nearest.distance, 0.0f) << "label " << label << " came back for generation " << stamp;
    }
    EXPECT_EQ(loaded.size(), stamps.size());
    live_ += stamps.size();
  }

  VectorIndex index_{all_in_graph()};
  std::vector<std::atomic<std::uint64_t>> generations_ = std::vector<std::atomic<std::uint64_t>>(kLabels);
  std::atomic<bool> done_ = false;
  std::atomic<std::size_t> turns_ = 0, reused_ = 0;
  std::size_t live_ = 0;
};

TEST_F(SaveBesideReuse, LabelUsedAgainJustBeforeItsStampIsReadIsLeftOut) {
  add_all_labels();
  const Bytes bytes = saved(index_, [&](std::uint64_t label) {
    if (label % 2 == 0) reuse(label);
    return generations_[label].load();
  });
  check(bytes);
  EXPECT_EQ(live_, kLabels / 2);
}

TEST_F(SaveBesideReuse, LabelUsedAgainJustAfterItsStampWasReadIsLeftOut) {
  add_all_labels();
  const Bytes bytes = saved(index_, [&](std::uint64_t label) {
    const std::uint64_t stamp = generations_[label];
    if (label % 2 == 0) reuse(label);
    return stamp;
  });
  check(bytes);
  EXPECT_EQ(live_, kLabels / 2);
}

TEST_F(SaveBesideReuse, NoLabelComesBackForAnotherGeneration) {
  for (std::uint64_t label = 0; label < kLabels; ++label)
    index_.add(label, feature_of(label, ++generations_[label]));
  maintain_all(index_);
  std::thread reuser([&] { reuse_until_done(); });
  for (int round = 0; round < 50; ++round) {
    check(saved(index_, [&](std::uint64_t label) { return stamp_of(label); }));
    maintain_all(index_);
  }
  done_ = true;
  reuser.join();
  EXPECT_GT(live_, 0u);
  EXPECT_GT(reused_, 0u);
}

}  // namespace
}  // namespace memo::test
