// A rebuild of a graph, step by step. Fixtures derived from it fill the graph.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "index/graph/graph_rebuild.h"
#include "tests/index/index_fixtures.h"

namespace memo::test {

class RebuildSteps : public testing::Test {
 protected:
  void remove(std::uint64_t label) {
    ASSERT_TRUE(old_.remove(label));
    sut_.note_removal(label);
  }
  void step() {
    sut_.choose(old_);
    sut_.copy(old_);
  }
  std::unique_ptr<FeatureGraph> finish() {
    while (!sut_.is_complete(old_)) step();
    return sut_.finish();
  }

  FeatureGraph old_{rebuilt_early()};
  GraphRebuild sut_{rebuilt_early()};
};

}  // namespace memo::test
