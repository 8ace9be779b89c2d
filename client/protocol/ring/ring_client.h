// RingClient: the submitting side of a ring of request cells in shared memory (ring_cells.h).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "client/protocol/ring/ring_cells.h"
#include "client/protocol/ring/spin.h"
#include "memo/status.h"

namespace memo {

// A submitted request. It holds its cell until take(), also when nobody waits for it any more. So a caller that
// stops waiting keeps the ticket, and takes the late reply eventually.
struct RingTicket {
  std::uint32_t number = 0;
};

// Threads: every method from any thread; one thread per ticket.
class RingClient {
 public:
  using Clock = std::chrono::steady_clock;
  // This deadline means: do not wait.
  static constexpr Clock::time_point kNow = Clock::time_point::min();

  // Requires: as RingCells; the server also starts with the ring at zero.
  RingClient(std::span<std::byte> memory, const segment::RingShape& shape);

  // Puts a request into the next cell, waiting for that cell until the deadline.
  // Requires: request.size() <= shape.request_bytes and is a multiple of 8.
  // Errors: busy (the cell's reply has not been taken), unavailable (closed).
  Result<RingTicket> submit(std::span<const std::byte> request, Clock::time_point deadline);

  bool answered(RingTicket ticket) const;

  // Waits for the reply: spins a little, then sleeps.
  // Errors: deadline_exceeded, unavailable (closed; a reply that is already there still counts).
  Status wait(RingTicket ticket, Clock::time_point deadline);

  // Copies the reply out and frees the cell.
  // Requires: answered(ticket). Errors: corrupt (the size in the cell is impossible); the cell is free all the
  // same.
  Result<std::vector<std::byte>> take(RingTicket ticket);

  // From now on submit() fails and wait() returns: the other side is gone.
  void close();

 private:
  bool next_cell_is_free() const { return !occupied_[next_ % occupied_.size()]; }
  void fill_cell(std::uint32_t number, std::span<const std::byte> request);
  void ring_doorbell(std::uint32_t submitted);
  void sleep_for_reply(RingTicket ticket, Clock::time_point deadline);

  RingCells cells_;
  // A search of a million features takes some 100 µs, and the waiting thread has nothing else to do.
  AdaptiveSpin spin_{std::chrono::microseconds{150}};
  std::atomic<bool> closed_{false};

  std::mutex mutex_;
  std::condition_variable cell_freed_;
  // Under mutex_:
  std::uint32_t next_ = 0;  // number of the next request
  std::vector<bool> occupied_;
};

}  // namespace memo
