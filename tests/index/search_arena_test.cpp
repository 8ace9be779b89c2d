#include "index/search_arena.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

class Arena : public testing::TestWithParam<unsigned> {
 protected:
  SearchArena sut_{GetParam()};
};

TEST_P(Arena, CallsForEachOnce) {
  for (const std::size_t count : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> calls(count);
    sut_.for_each(count, [&](std::size_t i) { ++calls[i]; });
    for (const auto& number : calls) EXPECT_EQ(number, 1);
  }
}

TEST_P(Arena, NeverWorksOnMoreThreadsThanItHas) {
  std::atomic<unsigned> working = 0, most = 0;
  const auto work = [&](std::size_t) {
    const unsigned now = ++working;
    for (unsigned seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
    std::this_thread::yield();
    --working;
  };
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) sut_.for_each(20, work);
    });
  for (std::thread& caller : callers) caller.join();
  // With one thread there is no arena: each caller works on its own.
  EXPECT_LE(most, GetParam() == 1 ? 3 : GetParam());
}

TEST_P(Arena, BatchesAnswerAsSearchesOneByOneDo) {
  ClusteredFeatures source(71);
  VectorIndex index({.dimension = kDimension, .flat_limit = 100});
  add_all(index, source.many(3000));
  maintain_all(index);
  const auto queries = source.many(200);
  std::vector<std::vector<Neighbor>> found(queries.size());
  std::vector<std::thread> callers;
  for (std::size_t half = 0; half < 2; ++half)
    callers.emplace_back([&, half] {
      sut_.for_each(100,
                    [&](std::size_t i) { found[100 * half + i] = search(index, queries[100 * half + i], 8); });
    });
  for (std::thread& caller : callers) caller.join();
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto expected = search(index, queries[i], 8);
    ASSERT_EQ(found[i].size(), expected.size());
    for (std::size_t rank = 0; rank < expected.size(); ++rank) {
      EXPECT_EQ(found[i][rank].label, expected[rank].label);
      EXPECT_EQ(found[i][rank].distance, expected[rank].distance);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, Arena, testing::Values(1u, 2u, 4u));

TEST(SearchArena, DefaultLeavesCoresToInference) {
  EXPECT_GE(SearchArena::default_threads(), 1u);
  EXPECT_LE(SearchArena::default_threads(), std::max(1u, std::thread::hardware_concurrency() / 2));
}

}  // namespace
}  // namespace memo::test
