// MemoryWarmer: maps memory in, step by step, on a thread of its own and of low priority, so that nobody waits for
// it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <thread>

#include "client/memory/populate.h"

namespace memo {

class MemoryWarmer {
 public:
  struct Progress {
    std::uint64_t total_bytes = 0;
    std::uint64_t done_bytes = 0;
    bool ended = false;
    int error = 0;                        // errno that ended it early
    std::uint64_t collapse_failures = 0;  // huge pages that could not be made
    int collapse_error = 0;               // errno of the last one
  };

  // Warms nothing.
  MemoryWarmer() = default;
  // The thread calls `at_end` when everything is mapped in or an error has ended it; not when it is stopped.
  // Lifetime: the memory stays mapped as long as this lives.
  // Errors: throws std::system_error when there is no thread left.
  MemoryWarmer(std::span<std::byte> memory, const PopulateOptions& options,
               std::function<void(const Progress&)> at_end = {});
  // Waits for the step that is running: some milliseconds.
  ~MemoryWarmer() = default;

  // Threads: any.
  Progress progress() const;

 private:
  void run(const std::stop_token& stop);
  void note(const PopulateResult& result, std::size_t bytes);

  std::span<std::byte> memory_;
  PopulateOptions options_;
  std::function<void(const Progress&)> at_end_;
  std::atomic<std::uint64_t> done_bytes_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<int> error_ = 0;
  std::atomic<std::uint64_t> collapse_failures_ = 0;
  std::atomic<int> collapse_error_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace memo
