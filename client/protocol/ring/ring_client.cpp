#include "client/protocol/ring/ring_client.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include <fmt/format.h>

#include "client/protocol/ring/futex.h"
#include "client/step.h"

namespace memo {
namespace {

// A sleeper looks up this often even if nobody wakes it, so that close() need not win a race against it.
constexpr std::chrono::milliseconds kMaxSleep{20};

}  // namespace

RingClient::RingClient(std::span<std::byte> memory, const segment::RingShape& shape)
    : cells_(memory, shape), occupied_(shape.cells, false) {}

Result<RingTicket> RingClient::submit(std::span<const std::byte> request, Clock::time_point deadline) {
  assert(request.size() <= cells_.shape().request_bytes && request.size() % 8 == 0);
  std::unique_lock lock(mutex_);
  const auto may_go_on = [this] { return closed_.load(std::memory_order_relaxed) || next_cell_is_free(); };
  if (!may_go_on() && (deadline == kNow || !cell_freed_.wait_until(lock, deadline, may_go_on)))
    return Status{StatusCode::busy, fmt::format("all {} request cells are taken", occupied_.size())};
  if (closed_.load(std::memory_order_relaxed))
    return Status{StatusCode::unavailable, "memod has closed the session"};

  const std::uint32_t number = next_++;
  occupied_[number % occupied_.size()] = true;
  step("ring: cell taken");
  fill_cell(number, request);
  ring_doorbell(next_);
  return RingTicket{number};
}

void RingClient::fill_cell(std::uint32_t number, std::span<const std::byte> request) {
  segment::CellHeader& header = cells_.header(number);
  std::memcpy(cells_.request(number).data(), request.data(), request.size());
  step("ring: request copied");
  header.request_size = static_cast<std::uint32_t>(request.size());
  header.phase.store(RingCells::request_phase(number), std::memory_order_release);
  step("ring: request marked");
}

void RingClient::ring_doorbell(std::uint32_t submitted) {
  segment::Doorbell& doorbell = cells_.doorbell();
  doorbell.submitted.store(submitted, std::memory_order_seq_cst);  // ring_cells.h, 2: waker
  step("ring: doorbell rung");
  if (doorbell.daemon_sleeps.load(std::memory_order_seq_cst) != 0) futex_wake_all(doorbell.submitted);
}

bool RingClient::answered(RingTicket ticket) const {
  return cells_.header(ticket.number).phase.load(std::memory_order_seq_cst) ==
         RingCells::reply_phase(ticket.number);
}

Status RingClient::wait(RingTicket ticket, Clock::time_point deadline) {
  step("ring: waiting");
  const Clock::time_point begin = Clock::now();
  if (spin_.until([&] { return answered(ticket); })) return Status::ok();
  while (!answered(ticket)) {
    if (closed_.load(std::memory_order_relaxed)) return {StatusCode::unavailable, "memod has closed the session"};
    if (Clock::now() >= deadline) return {StatusCode::deadline_exceeded, "memod did not answer in time"};
    sleep_for_reply(ticket, deadline);
  }
  spin_.learn(Clock::now() - begin);
  return Status::ok();
}

void RingClient::sleep_for_reply(RingTicket ticket, Clock::time_point deadline) {
  segment::CellHeader& header = cells_.header(ticket.number);
  header.client_sleeps.store(1, std::memory_order_seq_cst);  // ring_cells.h, 2: sleeper
  if (!answered(ticket)) {
    const auto limit = std::min<Clock::duration>(deadline - Clock::now(), kMaxSleep);
    futex_wait(header.phase, RingCells::request_phase(ticket.number), limit);
  }
  header.client_sleeps.store(0, std::memory_order_relaxed);
}

Result<std::vector<std::byte>> RingClient::take(RingTicket ticket) {
  assert(answered(ticket));
  const std::uint32_t size = cells_.header(ticket.number).reply_size;
  std::vector<std::byte> reply;
  if (size <= cells_.shape().reply_bytes) {
    const std::span<const std::byte> bytes = cells_.reply(ticket.number).first(size);
    reply.assign(bytes.begin(), bytes.end());
  }
  step("ring: reply copied");
  {
    const std::lock_guard lock(mutex_);
    occupied_[ticket.number % occupied_.size()] = false;
  }
  step("ring: cell freed");
  cell_freed_.notify_all();
  if (size > cells_.shape().reply_bytes)
    return Status{StatusCode::corrupt,
                  fmt::format("reply of {} bytes, a cell holds {}", size, cells_.shape().reply_bytes)};
  return reply;
}

void RingClient::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_.store(true, std::memory_order_relaxed);
  }
  cell_freed_.notify_all();
  for (std::uint32_t cell = 0; cell < cells_.shape().cells; ++cell) futex_wake_all(cells_.header(cell).phase);
}

}  // namespace memo
