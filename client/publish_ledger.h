// PublishLedger: what became of a store's publishes, across sessions with the daemon.
#pragma once

#include <cstdint>
#include <mutex>

#include "client/protocol/ring_messages.h"
#include "memo/memo_store.h"

namespace memo {

// Threads: any.
class PublishLedger {
 public:
  void record(const PublishAnswer& answer);
  // A publish that was never sent: its caller was told.
  void record_unsent();
  // Publishes that were sent and will never be answered: flush() has to tell.
  void record_lost(std::uint64_t count);

  // Ok unless publishes were lost since the last call. Errors: unavailable, with their number.
  Status report_losses();
  MemoStore::PublishCounts counts() const;

 private:
  mutable std::mutex mutex_;
  // Under mutex_:
  MemoStore::PublishCounts counts_;
  std::uint64_t unreported_losses_ = 0;
};

}  // namespace memo
