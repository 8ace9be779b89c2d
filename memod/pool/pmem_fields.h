// PmemFields: what libpmemobj keeps for a running process in the first pages of an open pool.
//
// Its handle of a pool is the mapped file: pointers to functions and to memory lie in it, and a change of the file while it
// is open becomes a jump to anywhere. They are set when a pool is opened, and stay, but for a few counters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memod/pool/pmem.h"

namespace memo {

// Threads: one, with no transaction under way.
class PmemFields {
 public:
  // Notes what they hold, and by a transaction that changes nothing, in a thread of its own, which of them are counters.
  // Requires: nobody else uses the pool yet.
  explicit PmemFields(PMEMobjpool* pool);

  // Whether all but the counters are as noted.
  bool unchanged() const;

 private:
  std::vector<std::byte> read() const;

  PMEMobjpool* pool_;
  std::vector<std::byte> noted_;
  std::vector<bool> is_counter_;  // by byte
};

}  // namespace memo
