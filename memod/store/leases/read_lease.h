// ReadLease: the store's own lease, for reading one payload after another.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "memod/store/leases/lease_table.h"
#include "memod/store/leases/leased_slots.h"

namespace memo {

// Threads: one. It holds the last slot until it takes the next one, or ends.
class ReadLease {
 public:
  explicit ReadLease(LeasedSlots& leased) : leased_(leased) { leased_.add(table_); }
  ~ReadLease() { leased_.remove(table_); }
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;

  // Requires: the catalog's lock, shared, and that the slot is live.
  void take(SlotId slot) { table_.grant(0, slot.value, Generation{1}); }

 private:
  LeasedSlots& leased_;
  std::array<std::atomic<std::uint64_t>, 1> word_{};
  LeaseTable table_{word_};
};

}  // namespace memo
