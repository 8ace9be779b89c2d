#include "index/search_arena.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <thread>

namespace memo {

struct SearchArena::Arena {
  tbb::task_arena tasks;
  // States an order that oneTBB ensures anyway: the work comes after the call and before its return. A thread
  // sanitizer does not look into oneTBB.
  std::atomic<std::size_t> handed_over{0};
};

SearchArena::SearchArena(unsigned threads) : threads_(threads) {
  assert(threads >= 1);
  // One place is always kept for a caller.
  if (threads == 1) return;
  arena_.reset(new Arena{tbb::task_arena(static_cast<int>(threads), 1)});
  start_workers();
}

SearchArena::~SearchArena() = default;

// oneTBB starts workers when there is work for them, and ends the process when it cannot. So they are started
// while the program starts, not later, when sessions may have used up the limit that they share.
void SearchArena::start_workers() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  std::atomic<unsigned> arrived = 0;
  for_each(threads_, [&](std::size_t) {
    ++arrived;
    while (arrived < threads_ && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  });
}

unsigned SearchArena::default_threads() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 1u, 8u);
}

void SearchArena::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (!arena_ || count < 2) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  // A search is worth a task of its own: it takes tens of microseconds, and handing it over takes one.
  std::atomic<std::size_t>& handed_over = arena_->handed_over;
  const auto ordered_work = [&](std::size_t i) {
    static_cast<void>(handed_over.load(std::memory_order_acquire));
    work(i);
    handed_over.fetch_add(1, std::memory_order_release);
  };
  handed_over.fetch_add(1, std::memory_order_release);
  arena_->tasks.execute(
      [&] { tbb::parallel_for(std::size_t{0}, count, ordered_work, tbb::simple_partitioner()); });
  static_cast<void>(handed_over.load(std::memory_order_acquire));
}

}  // namespace memo
