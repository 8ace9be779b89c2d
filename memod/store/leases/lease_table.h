// LeaseTable: which slots the views of one session (or of a LocalStore) keep from reuse.
//
// A lease has two halves. The shared half is one word that the *client* clears when its view dies, so no message
// is needed; it lies in the session's segment and is hostile memory. The private half says which slot the daemon
// granted. A lease holds its slot only while both are set, so a client can give up what it was granted and
// nothing else: it can neither invent a lease nor redirect one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "memo/types.h"

namespace memo {

// Threads: the store calls grant() and holds() under its catalog lock (grant() shared; holds() exclusive, or after
// the slot became unfindable); the view's owner calls release().
class LeaseTable {
 public:
  // Requires: the words outlive the table and start as 0.
  explicit LeaseTable(std::span<std::atomic<std::uint64_t>> shared_words);

  std::uint32_t size() const { return static_cast<std::uint32_t>(shared_words_.size()); }

  // Requires: index < size(). Overwrites an entry that still holds a slot: its client asked for that.
  void grant(std::uint32_t index, std::uint64_t slot, Generation generation);
  void release(std::uint32_t index);
  bool holds(std::uint64_t slot) const;
  // Adds the slots held by leases that were granted at `oldest` or later. Older leases are overdue.
  void collect_held(std::chrono::steady_clock::time_point oldest, std::unordered_set<std::uint64_t>& slots) const;
  std::uint32_t held() const;  // leases in force

 private:
  bool in_force(std::uint32_t index) const;

  std::span<std::atomic<std::uint64_t>> shared_words_;
  std::vector<std::atomic<std::uint64_t>> granted_slots_;  // slot + 1; 0: none
  std::vector<std::atomic<std::chrono::steady_clock::time_point>> granted_at_;
};

}  // namespace memo
