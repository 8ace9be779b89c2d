// libpmemobj for C++: the one include of it, and its transactions as scopes.
#pragma once

// PMDK's C headers use extensions that -Wpedantic rejects.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <libpmem.h>
#include <libpmemobj/base.h>
#include <libpmemobj/ctl.h>
#include <libpmemobj/pool_base.h>
#include <libpmemobj/tx_base.h>
#pragma GCC diagnostic pop

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace memo {

struct PmemPoolCloser {
  void operator()(PMEMobjpool* pool) const { pmemobj_close(pool); }
};
// Closing gives up the lock on the file.
using PmemPool = std::unique_ptr<PMEMobjpool, PmemPoolCloser>;

// The last error message of libpmemobj on this thread.
inline std::string pmem_error() {
  return pmemobj_errormsg();
}

// All changes since construction take effect at commit(), or none of them does.
// Threads: one; scopes do not nest.
class PmemTransaction {
 public:
  explicit PmemTransaction(PMEMobjpool* pool) : begun_(pmemobj_tx_begin(pool, nullptr, TX_PARAM_NONE) == 0) {}
  ~PmemTransaction() {
    if (pmemobj_tx_stage() == TX_STAGE_WORK) pmemobj_tx_abort(ECANCELED);
    if (begun_) (void)pmemobj_tx_end();
  }
  PmemTransaction(const PmemTransaction&) = delete;
  PmemTransaction& operator=(const PmemTransaction&) = delete;

  bool begun() const { return begun_; }

  // An object's file offset; 0 when there is no room for it.
  std::uint64_t allocate(std::size_t bytes, std::uint64_t flags) {
    return pmemobj_tx_xalloc(bytes, kObjectType, flags | POBJ_XALLOC_NO_ABORT).off;
  }
  // Gives the object back. False when the log has no room.
  bool free(PMEMoid object) { return pmemobj_tx_xfree(object, POBJ_XFREE_NO_ABORT) == 0; }
  // Restores these bytes if the transaction does not commit. False when its log has no room for them.
  bool will_change(const void* address, std::size_t bytes) {
    return pmemobj_tx_xadd_range_direct(address, bytes, POBJ_XADD_NO_ABORT) == 0;
  }
  void commit() { pmemobj_tx_commit(); }

 private:
  static constexpr std::uint64_t kObjectType = 1;
  bool begun_;
};

}  // namespace memo
