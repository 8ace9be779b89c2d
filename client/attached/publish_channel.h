// PublishChannel: publishes of one session over its publish ring, without waiting for them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "client/attached/attached_memory.h"
#include "client/attached/publish_ledger.h"
#include "client/protocol/ring/ring_client.h"
#include "memo/memo_store.h"

namespace memo {

// Threads: any.
class PublishChannel {
 public:
  using Clock = RingClient::Clock;

  PublishChannel(std::shared_ptr<AttachedMemory> memory, std::shared_ptr<PublishLedger> ledger);

  // Sends the order; the draft's memory is held until the answer has been collected.
  // `remote_space`: the daemon's id of the draft's space.
  // Requires: the publication is valid for the space (client/request_rules.h); the daemon refuses an invalid one.
  // Errors: busy (the ring is full), unavailable (closed, or the draft is from another session). Unsent orders are
  // recorded in the ledger.
  Status publish(Draft draft, SpaceId remote_space, const Publication& publication);

  // Records the answers that have arrived. Does not wait.
  void collect();

  // Waits until every publish before this call is answered.
  // Errors: deadline_exceeded, unavailable (closed), corrupt (an answer makes no sense).
  Status flush(Clock::time_point deadline);

  // Records the answers that have arrived, and counts the other publishes as lost.
  void close();

 private:
  struct Pending {
    RingTicket ticket;
    std::shared_ptr<void> draft;
  };
  // The right to read and take answers. One thread at a time has it, so a ticket has one owner.
  class Collector;

  Result<std::uint64_t> draft_offset(const Draft& draft) const;
  Status send(Draft draft, const PublishOrder& order);
  Status try_send(Draft& draft, std::span<const std::byte> bytes);
  bool oldest_pending(RingTicket* ticket) const;
  Status finish_oldest(RingTicket ticket);
  void collect_answered();

  std::shared_ptr<AttachedMemory> memory_;
  std::shared_ptr<PublishLedger> ledger_;
  RingClient ring_;

  mutable std::mutex mutex_;
  std::condition_variable collector_left_;
  // Under mutex_:
  bool collecting_ = false;
  std::deque<Pending> pending_;  // in the order of their tickets; only the collector removes
  std::uint64_t sent_ = 0;
  // Only the collector writes it, so the collector reads it without a lock.
  std::uint64_t finished_ = 0;
};

}  // namespace memo
