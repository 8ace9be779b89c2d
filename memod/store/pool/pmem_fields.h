// PmemFields: what libpmemobj keeps for a running process in the first pages of an open pool.
//
// Its handle of a pool is the mapped file itself, with pointers to functions and to memory in it. So a change of
// the file while it is open becomes a jump to anywhere. These fields are set when a pool is opened and then stay
// the same, except for one counter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memod/store/pool/format/pmem.h"

namespace memo {

// Threads: one, with no transaction under way.
class PmemFields {
 public:
  // Notes what the fields hold. A libpmemobj other than 1.12 may lay them out differently; where that shows,
  // nothing is compared.
  explicit PmemFields(PMEMobjpool* pool);

  // Whether all fields except the counter are as noted. Allocates nothing.
  bool unchanged() const;

 private:
  std::span<const std::byte> fields() const;

  PMEMobjpool* pool_;
  std::vector<std::byte> noted_;
  bool is_known_ = false;
};

}  // namespace memo
