// The steps of a rebuild, one by one: a removal at each of the instants at which it can come.
#include "index/graph/graph_rebuild.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/index/rebuild_steps.h"

namespace memo::test {
namespace {

class GraphRebuildSteps : public RebuildSteps {
 protected:
  static constexpr std::size_t kStored = 20;  // three steps

  GraphRebuildSteps() {
    for (std::size_t label = 0; label < kStored; ++label) old_.add(label, stored_[label]);
  }

  ClusteredFeatures source_{41};
  std::vector<Feature> stored_ = source_.many(kStored);
};

TEST_F(GraphRebuildSteps, CopyEveryLiveFeature) {
  const auto fresh = finish();
  EXPECT_EQ(fresh->size(), kStored);
  EXPECT_EQ(fresh->live(), kStored);
}

TEST_F(GraphRebuildSteps, SkipWhatWasRemovedBeforeTheCursorCame) {
  step();
  remove(kStored - 1);
  const auto fresh = finish();
  EXPECT_EQ(fresh->size(), kStored - 1);
  EXPECT_FALSE(fresh->contains(kStored - 1));
}

TEST_F(GraphRebuildSteps, RemoveWhatWasRemovedAfterItsCopy) {
  step();
  remove(0);
  const auto fresh = finish();
  EXPECT_EQ(fresh->removed(), 1u);
  EXPECT_FALSE(fresh->contains(0));
}

TEST_F(GraphRebuildSteps, RemoveWhatWasRemovedBetweenChoiceAndCopy) {
  sut_.choose(old_);
  remove(0);
  sut_.copy(old_);
  EXPECT_FALSE(finish()->contains(0));
}

TEST_F(GraphRebuildSteps, RemoveWhatWasRemovedAfterTheLastStep) {
  while (!sut_.is_complete(old_)) step();
  remove(kStored - 1);
  const auto fresh = sut_.finish();
  EXPECT_EQ(fresh->removed(), 1u);
  EXPECT_FALSE(fresh->contains(kStored - 1));
}

TEST_F(GraphRebuildSteps, KeepALabelThatCameBackAsALaterNode) {
  step();
  for (const std::uint64_t label : {0, 19}) {  // copied already, and not yet
    remove(label);
    old_.add(label, source_.next());
  }
  const auto fresh = finish();
  EXPECT_EQ(fresh->live(), kStored);
  EXPECT_EQ(fresh->removed(), 1u);
  EXPECT_TRUE(fresh->contains(0));
  EXPECT_TRUE(fresh->contains(19));
}

}  // namespace
}  // namespace memo::test
