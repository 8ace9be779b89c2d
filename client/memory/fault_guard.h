// FaultGuard: decides what happens when a process reads a mapped file that somebody truncated, or whose storage
// fails.
//
// Touching a page that the file no longer has raises SIGBUS. A guarded range answers it as its owner chose. A
// fault anywhere else goes to the previous handler of SIGBUS, or ends the process where there was none.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>

namespace memo {

class FaultGuard {
 public:
  enum class OnFault {
    // Zeros stand in for the whole range from then on, in every thread. For a client's view of a pool: the words
    // that tell whether a memo is still the one that was found are zeros, too, so no view of the range is intact()
    // any more.
    zeros_everywhere,
    // Zeros stand in for the page and all that follows it; what lies before stays. For a pool that this process
    // writes: libpmemobj's own tables lie in front. A slot's state word lies behind its payload, so no view is
    // intact() either.
    zeros_from_there,
    // One line on stderr, and exit code 1. For a daemon and for tools.
    end_process,
  };

  FaultGuard() = default;
  // Installs the handler at the first use in this process. Where too many ranges are guarded already, this one
  // stays unguarded. message: the line, for end_process. Requires: page-aligned. Lifetime: the range stays mapped
  // while this lives.
  FaultGuard(std::span<const std::byte> range, OnFault on_fault, const std::string& message = {});
  FaultGuard(FaultGuard&& other) noexcept;
  FaultGuard& operator=(FaultGuard&& other) noexcept;
  ~FaultGuard();

  // Whether at least a part of the range is gone. Threads: any.
  bool has_faulted() const;

 private:
  struct Entry;
  struct Table;
  static Table table_;
  friend struct FaultGuardHandler;

  Entry* entry_ = nullptr;
};

}  // namespace memo
