// PmemFields: what libpmemobj keeps for a running process in the first pages of an open pool.
//
// Its handle of a pool is the mapped file: pointers to functions and to memory lie in it, and a change of the file while it
// is open becomes a jump to anywhere. They are set when a pool is opened, and stay, but for one counter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memod/pool/pmem.h"

namespace memo {

// Threads: one, with no transaction under way.
class PmemFields {
 public:
  // Notes what they hold. Another libpmemobj than 1.12 may keep them otherwise; where that shows, nothing is compared.
  explicit PmemFields(PMEMobjpool* pool);

  // Whether all but the counter are as noted. Allocates nothing.
  bool unchanged() const;

 private:
  std::span<const std::byte> fields() const;

  PMEMobjpool* pool_;
  std::vector<std::byte> noted_;
  bool is_known_ = false;
};

}  // namespace memo
