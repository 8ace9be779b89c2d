#include "model/engine/workers.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <algorithm>

#include "client/memory/address_space.h"
#include "model/engine/library_threads.h"

namespace memo {
namespace {

// oneTBB does not check whether its allocations for threads succeed, so this much must be available.
constexpr std::size_t kRoomForThreads = 16 << 20;

}  // namespace

// OpenMP and BLAS stay single-threaded on every thread that enters the arena.
class Workers::SingleThreadedLibraries : public oneapi::tbb::task_scheduler_observer {
 public:
  explicit SingleThreadedLibraries(oneapi::tbb::task_arena& arena) : task_scheduler_observer(arena) {
    require_address_space(kRoomForThreads);
    observe(true);
  }
  ~SingleThreadedLibraries() override { observe(false); }
  void on_scheduler_entry(bool) override { use_one_thread_here(); }
};

Workers::Workers(const dnnl::engine& engine, std::size_t threads)
    : arena_(static_cast<int>(threads)), observer_(std::make_unique<SingleThreadedLibraries>(arena_)) {
  for (std::size_t i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(engine));
}

Workers::~Workers() = default;

void Workers::forget_layers() {
  for (const auto& worker : workers_) worker->linear.forget();
}

// What oneTBB copies and calls. It holds only this pointer: join() reads the rest after it has acquired next_,
// because a thread sanitizer does not see that oneTBB orders the accesses.
struct Workers::Body {
  Workers* workers;
  void operator()(std::size_t worker) const { workers->join(worker); }
};

void Workers::join(std::size_t worker) {
  // Acquires what for_each() released.
  static_cast<void>(next_.load(std::memory_order_acquire));
  drain(*workers_[worker]);
}

void Workers::drain(Worker& worker) {
  for (;;) {
    // Acquires what other workers did in earlier calls.
    const std::size_t index = next_.fetch_add(1, std::memory_order_acq_rel);
    if (index >= count_) break;
    (*work_)(index, worker);
  }
  left_.fetch_add(1, std::memory_order_release);
}

void Workers::for_each(std::size_t count, const std::function<void(std::size_t, Worker&)>& work) {
  count_ = count;
  work_ = &work;
  left_.store(0, std::memory_order_relaxed);
  next_.store(0, std::memory_order_release);
  if (workers_.size() == 1 || count <= 1) return drain(*workers_.front());
  const std::size_t threads = std::min(count, workers_.size());
  arena_.execute(
      [&] { oneapi::tbb::parallel_for(std::size_t{0}, threads, Body{this}, oneapi::tbb::simple_partitioner()); });
  // parallel_for has already waited; this makes the order visible to a thread sanitizer.
  while (left_.load(std::memory_order_acquire) < threads) {
  }
}

}  // namespace memo
