#include "model/engine/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

namespace memo {
namespace {

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

class WorkersOf : public testing::TestWithParam<std::size_t> {};

TEST_P(WorkersOf, CallEveryIndexOnce) {
  Workers sut(cpu_engine(), GetParam());
  ASSERT_EQ(sut.size(), GetParam());
  for (const std::size_t count : {0, 1, 2, 3, 7, 64, 1000}) {
    std::vector<std::atomic<int>> calls(count);
    sut.for_each(count, [&](std::size_t index, Worker&) { calls[index].fetch_add(1, std::memory_order_relaxed); });
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(calls[i].load(std::memory_order_relaxed), 1) << i;
  }
}

TEST_P(WorkersOf, ResultsOfOneCallAreSeenByTheCallerAndTheNextCall) {
  Workers sut(cpu_engine(), GetParam());
  constexpr std::size_t kCount = 100;
  std::vector<std::uint64_t> numbers(kCount, 1);  // ordinary memory: for_each() alone orders the accesses
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> next(kCount);
    // Each reads what another index wrote, most likely on another thread.
    sut.for_each(kCount, [&](std::size_t i, Worker&) { next[i] = numbers[kCount - 1 - i] + i; });
    numbers = next;
  }
  // Indices i and 99 - i add up to 99 in two rounds.
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(numbers[i], 1 + 100 * 99u) << i;
}

TEST_P(WorkersOf, OneThreadAtATimeHasAWorker) {
  Workers sut(cpu_engine(), GetParam());
  std::mutex mutex;
  std::vector<const Worker*> busy;
  bool shared = false;
  sut.for_each(300, [&](std::size_t, Worker& worker) {
    {
      const std::lock_guard lock(mutex);
      shared = shared || std::find(busy.begin(), busy.end(), &worker) != busy.end();
      busy.push_back(&worker);
    }
    std::this_thread::yield();
    const std::lock_guard lock(mutex);
    std::erase(busy, &worker);
  });
  EXPECT_FALSE(shared);
}

TEST_P(WorkersOf, IndicesBeginInTheirOrder) {
  Workers sut(cpu_engine(), GetParam());
  // Each worker's own indices ascend, as all workers take the next one.
  std::mutex mutex;
  std::map<const Worker*, std::vector<std::size_t>> taken;
  sut.for_each(500, [&](std::size_t index, Worker& worker) {
    const std::lock_guard lock(mutex);
    taken[&worker].push_back(index);
  });
  EXPECT_LE(taken.size(), GetParam());
  for (const auto& [worker, indices] : taken) EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
}

TEST_P(WorkersOf, BuffersOfAWorkerLastFromCallToCall) {
  Workers sut(cpu_engine(), GetParam());
  std::mutex mutex;
  std::map<Worker*, std::byte*> context;
  const auto visit = [&](std::size_t, Worker& worker) {
    std::byte* begin = worker.context.reserve(4096);
    begin[4095] = std::byte{7};
    const std::lock_guard lock(mutex);
    const auto [place, first] = context.emplace(&worker, begin);
    EXPECT_EQ(place->second, begin);
  };
  for (int round = 0; round < 20; ++round) sut.for_each(8, visit);
}

INSTANTIATE_TEST_SUITE_P(Threads, WorkersOf, testing::Values(1, 2, 3, 4));

TEST(Workers, TwoOfThemWorkAtTheSameTime) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "this machine runs one thread at a time";
  Workers sut(cpu_engine(), 2);
  std::atomic<int> inside{0};
  std::atomic<bool> met[2] = {false, false};
  std::thread::id threads[2];
  sut.for_each(2, [&](std::size_t index, Worker&) {
    threads[index] = std::this_thread::get_id();
    ++inside;
    // Each waits for the other; only a machine under a very heavy load lets one wait in vain.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (inside.load() < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    met[index] = inside.load() == 2;
  });
  EXPECT_TRUE(met[0] && met[1]);
  EXPECT_NE(threads[0], threads[1]);
}

TEST(Workers, SeveralCallersEachHaveTheirOwn) {
  std::vector<std::size_t> sums(3);
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < sums.size(); ++caller)
    callers.emplace_back([&, caller] {
      Workers sut(cpu_engine(), 2);
      std::vector<std::size_t> squares(50);
      for (int round = 0; round < 20; ++round)
        sut.for_each(squares.size(), [&](std::size_t i, Worker&) { squares[i] = i * i; });
      sums[caller] = std::accumulate(squares.begin(), squares.end(), std::size_t{0});
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sums, std::vector<std::size_t>(3, 40425));
}

}  // namespace
}  // namespace memo
