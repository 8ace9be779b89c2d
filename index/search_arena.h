// SearchArena: runs the searches of a batch side by side, on a bounded number of cores.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace memo {

// Threads: any. The calling thread works, too; several callers share the workers.
class SearchArena {
 public:
  // At most `threads` work at once for all callers of batches; 1: each caller alone, on its own thread.
  // Requires: threads >= 1.
  explicit SearchArena(unsigned threads);
  ~SearchArena();
  SearchArena(const SearchArena&) = delete;
  SearchArena& operator=(const SearchArena&) = delete;

  // Half of the cores on machines with more than two, eight at most. More threads answer a batch sooner, and the
  // cores that wait for the answer are otherwise idle; but other processes may be computing.
  static unsigned default_threads();

  unsigned threads() const { return threads_; }

  // Calls work(i) for every i below `count`, in any order; returns when all are done. A single call runs on the
  // calling thread. Requires: work takes no lock that the caller holds, and does not throw.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  struct Arena;
  void start_workers();
  const unsigned threads_;
  std::unique_ptr<Arena> arena_;  // null when there is one thread
};

}  // namespace memo
