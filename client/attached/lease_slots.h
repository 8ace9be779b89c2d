// LeaseSlots: which entries of a session's lease table are free for the next lookups.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace memo {

// The daemon sets the word of an entry when it grants a lease; the client clears it to end that lease.
// Threads: any.
class LeaseSlots {
 public:
  // Requires: the words are 0, and outlive this.
  explicit LeaseSlots(std::span<std::atomic<std::uint64_t>> words);

  // Takes indexes.size() free entries, or none (false).
  bool take(std::span<std::uint32_t> indexes);

  // Ends the lease of a taken entry, if it was granted one, and makes the entry free.
  // Requires: no request that names the entry is unanswered.
  void give_back(std::uint32_t index);

  std::size_t free_count() const;

 private:
  std::span<std::atomic<std::uint64_t>> words_;
  mutable std::mutex mutex_;
  std::vector<std::uint32_t> free_;  // under mutex_; the last one goes first
};

}  // namespace memo
