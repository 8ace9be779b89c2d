// Workers: the engine's threads, each with its own memory, and the only way to give them work.
#pragma once

#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "model/layers/huge_buffer.h"
#include "model/layers/linear.h"

namespace memo {

// The memory in which one thread processes a block. The buffers grow to the largest need so far.
struct Worker {
  explicit Worker(const dnnl::engine& engine) : linear(engine) {}

  LinearWorker linear;
  HugeBuffer projected[2];  // [block rows, columns]: of sequences that compute, and of those that read
  HugeBuffer fallback;      // the projection of a sequence whose hit was revoked
  HugeBuffer context;       // [block rows, hidden]
  HugeBuffer inner;         // [rows of a chunk, intermediate]
  HugeBuffer scratch;       // of the attention kernels
};

// Threads: for_each() by one thread at a time.
class Workers {
 public:
  Workers(const dnnl::engine& engine, std::size_t threads);
  ~Workers();

  std::size_t size() const { return workers_.size(); }
  // Calls work(0 .. count - 1), in this order, each on the next thread that is free. The work sees everything that
  // was written before the call; after it, the caller sees everything that the work wrote.
  void for_each(std::size_t count, const std::function<void(std::size_t, Worker&)>& work);
  // Calls LinearWorker::forget of all workers.
  void forget_layers();

 private:
  using Work = std::function<void(std::size_t, Worker&)>;
  class SingleThreadedLibraries;
  struct Body;
  void join(std::size_t worker);
  void drain(Worker& worker);

  std::vector<std::unique_ptr<Worker>> workers_;
  oneapi::tbb::task_arena arena_;
  std::unique_ptr<SingleThreadedLibraries> observer_;
  // Written before next_ is released and read after it is acquired.
  std::size_t count_ = 0;
  const Work* work_ = nullptr;
  std::atomic<std::size_t> next_{0};  // of the current indices
  std::atomic<std::size_t> left_{0};  // workers that have finished
};

}  // namespace memo
