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
  // Records the daemon's answer; or what it would have answered, where a publication broke a rule and was not
  // sent.
  void record(const PublishAnswer& answer);
  // Records a publish that was never sent, because there was no daemon, draft or cell: its caller was told.
  void record_unsent();
  // Records publishes that were sent and will never be answered: flush() must report them.
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
