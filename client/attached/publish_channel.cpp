#include "client/attached/publish_channel.h"

#include <array>
#include <utility>

#include "client/step.h"

namespace memo {

class PublishChannel::Collector {
 public:
  // Waits for the right until the deadline (RingClient::kNow: not at all).
  Collector(PublishChannel& channel, Clock::time_point deadline) : channel_(channel) {
    std::unique_lock lock(channel_.mutex_);
    const auto is_free = [this] { return !channel_.collecting_; };
    if (deadline == Clock::time_point::max())
      channel_.collector_left_.wait(lock, is_free);
    else if (!is_free() && deadline != RingClient::kNow)
      channel_.collector_left_.wait_until(lock, deadline, is_free);
    owns_ = is_free();
    if (owns_) channel_.collecting_ = true;
  }
  ~Collector() {
    if (!owns_) return;
    {
      const std::lock_guard lock(channel_.mutex_);
      channel_.collecting_ = false;
    }
    channel_.collector_left_.notify_one();
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  explicit operator bool() const { return owns_; }

 private:
  PublishChannel& channel_;
  bool owns_ = false;
};

PublishChannel::PublishChannel(std::shared_ptr<AttachedMemory> memory, std::shared_ptr<PublishLedger> ledger)
    : memory_(std::move(memory)),
      ledger_(std::move(ledger)),
      ring_(memory_->publish_ring(), segment::kPublishRing) {}

Status PublishChannel::publish(Draft draft, SpaceId remote_space, const Publication& publication) {
  step("publish: begun");
  const auto offset = draft_offset(draft);
  if (!offset) {
    ledger_->record_unsent();
    return offset.status();
  }
  PublishOrder order{.space = remote_space,
                     .layer = publication.layer,
                     .key = publication.key,
                     .length = publication.length,
                     .cost_us = publication.cost_us,
                     .penalty = publication.penalty,
                     .draft_offset = *offset,
                     .payload_bytes = draft.payload.size(),
                     .feature = {publication.feature.begin(), publication.feature.end()}};
  Status status = send(std::move(draft), order);
  if (!status) ledger_->record_unsent();
  return status;
}

// A draft of an earlier session keeps that session's mapping alive, so its address is outside of this mapping.
Result<std::uint64_t> PublishChannel::draft_offset(const Draft& draft) const {
  const auto area = reinterpret_cast<std::uintptr_t>(memory_->drafts().data());
  const auto start = reinterpret_cast<std::uintptr_t>(draft.payload.data());
  if (start < area || start - area >= memory_->drafts().size())
    return Status{StatusCode::unavailable, "the draft was made before memod went away; make it again"};
  return start - area;
}

Status PublishChannel::send(Draft draft, const PublishOrder& order) {
  alignas(8) std::array<std::byte, segment::kPublishRequestBytes> buffer;
  MEMO_ASSIGN_OR_RETURN(const auto size, encode_publish(order, buffer));
  const std::span<const std::byte> bytes = std::span(buffer).first(size);
  step("publish: encoded");
  Status status = try_send(draft, bytes);
  if (status.code() != StatusCode::busy) return status;
  collect();
  return try_send(draft, bytes);
}

Status PublishChannel::try_send(Draft& draft, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);  // tickets enter pending_ in their order
  MEMO_ASSIGN_OR_RETURN(const auto ticket, ring_.submit(bytes, RingClient::kNow));
  step("publish: sent");
  pending_.push_back({.ticket = ticket, .draft = std::move(draft.memory)});
  ++sent_;
  step("publish: pending");
  return Status::ok();
}

bool PublishChannel::oldest_pending(RingTicket* ticket) const {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return false;
  *ticket = pending_.front().ticket;
  return true;
}

Status PublishChannel::finish_oldest(RingTicket ticket) {
  step("publish: answered");
  const auto reply = ring_.take(ticket);
  step("publish: answer taken");
  PublishAnswer answer{.code = StatusCode::internal};
  const Status status = reply ? decode_publish_answer(*reply, &answer) : reply.status();
  ledger_->record(answer);
  ++finished_;
  step("publish: recorded");
  std::shared_ptr<void> draft;  // freed after the lock
  {
    const std::lock_guard lock(mutex_);
    draft = std::move(pending_.front().draft);
    pending_.pop_front();
  }
  return status ? Status::ok() : Status{StatusCode::corrupt, status.message()};
}

void PublishChannel::collect() {
  if (const Collector collector(*this, RingClient::kNow); collector) collect_answered();
}

void PublishChannel::collect_answered() {
  RingTicket ticket;
  while (oldest_pending(&ticket) && ring_.answered(ticket))
    (void)finish_oldest(ticket);  // an answer that makes no sense counts as refused
}

Status PublishChannel::flush(Clock::time_point deadline) {
  std::uint64_t goal = 0;
  {
    const std::lock_guard lock(mutex_);
    goal = sent_;
  }
  step("flush: begun");
  const Collector collector(*this, deadline);
  if (!collector) return {StatusCode::deadline_exceeded, "another flush is still waiting for memod"};
  step("flush: waiting");
  RingTicket ticket;
  while (finished_ < goal && oldest_pending(&ticket)) {
    MEMO_RETURN_IF_ERROR(ring_.wait(ticket, deadline));
    MEMO_RETURN_IF_ERROR(finish_oldest(ticket));
  }
  return Status::ok();
}

void PublishChannel::close() {
  ring_.close();
  const Collector collector(*this, Clock::time_point::max());
  collect_answered();
  std::deque<Pending> lost;
  {
    const std::lock_guard lock(mutex_);
    lost.swap(pending_);
  }
  finished_ += lost.size();
  ledger_->record_lost(lost.size());
}

}  // namespace memo
