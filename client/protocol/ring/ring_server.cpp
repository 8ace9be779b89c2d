#include "client/protocol/ring/ring_server.h"

#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "client/protocol/ring/futex.h"

namespace memo {
namespace {

Status violation(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

}  // namespace

RingServer::RingServer(std::span<std::byte> memory, const segment::RingShape& shape)
    : cells_(memory, shape), request_(shape.request_bytes), reply_(shape.reply_bytes) {}

Status RingServer::serve(const Handler& handler) {
  Status status = serve_until_stopped(handler);
  ended_.store(true, std::memory_order_release);
  return status;
}

Status RingServer::serve_until_stopped(const Handler& handler) {
  while (true) {
    const std::uint32_t submitted = await_submitted();
    if (stop_.load(std::memory_order_relaxed)) return Status::ok();
    MEMO_RETURN_IF_ERROR(check_numbers(submitted));
    while (next_ != submitted && !stop_.load(std::memory_order_relaxed))
      MEMO_RETURN_IF_ERROR(answer_next(handler));
  }
}

std::uint32_t RingServer::await_submitted() {
  const auto& submitted = cells_.doorbell().submitted;
  const auto ready = [&] {
    return submitted.load(std::memory_order_acquire) != next_ || stop_.load(std::memory_order_relaxed);
  };
  const AdaptiveSpin::Clock::time_point begin = AdaptiveSpin::Clock::now();
  if (!spin_.until(ready)) {
    while (!ready()) sleep_for_requests();
    spin_.learn(AdaptiveSpin::Clock::now() - begin);
  }
  return submitted.load(std::memory_order_acquire);
}

void RingServer::sleep_for_requests() {
  segment::Doorbell& doorbell = cells_.doorbell();
  doorbell.daemon_sleeps.store(1, std::memory_order_seq_cst);  // ring_cells.h, 2: sleeper
  if (doorbell.submitted.load(std::memory_order_seq_cst) == next_ && !stop_.load(std::memory_order_relaxed))
    futex_wait(doorbell.submitted, next_, std::nullopt);
  doorbell.daemon_sleeps.store(0, std::memory_order_relaxed);
}

Status RingServer::check_numbers(std::uint32_t submitted) const {
  const std::uint32_t waiting = submitted - next_;
  if (waiting <= cells_.shape().cells) return Status::ok();
  return violation(
      fmt::format("doorbell jumped from {} to {} in a ring of {} cells", next_, submitted, cells_.shape().cells));
}

Status RingServer::answer_next(const Handler& handler) {
  MEMO_ASSIGN_OR_RETURN(auto request, copy_request(next_));
  MEMO_ASSIGN_OR_RETURN(const std::size_t size, handler(request, reply_));
  publish_reply(next_, size);
  ++next_;
  return Status::ok();
}

Result<std::span<const std::byte>> RingServer::copy_request(std::uint32_t number) {
  const segment::CellHeader& header = cells_.header(number);
  const std::uint32_t phase = header.phase.load(std::memory_order_acquire);
  if (phase != RingCells::request_phase(number))
    return violation(fmt::format("cell of request {} is in phase {}", number, phase));
  // One read: the client could change the size between a check and a use.
  const std::uint32_t size = *static_cast<const volatile std::uint32_t*>(&header.request_size);
  if (size > request_.size() || size % 8 != 0)
    return violation(fmt::format("request of {} bytes, must be a multiple of 8 up to {}", size, request_.size()));
  std::memcpy(request_.data(), cells_.request(number).data(), size);
  return std::span<const std::byte>(request_).first(size);
}

void RingServer::publish_reply(std::uint32_t number, std::size_t size) {
  segment::CellHeader& header = cells_.header(number);
  std::memcpy(cells_.reply(number).data(), reply_.data(), size);
  header.reply_size = static_cast<std::uint32_t>(size);
  header.phase.store(RingCells::reply_phase(number), std::memory_order_seq_cst);  // ring_cells.h, 2: waker
  if (header.client_sleeps.load(std::memory_order_seq_cst) != 0) futex_wake_all(header.phase);
}

void RingServer::stop() {
  stop_.store(true, std::memory_order_relaxed);
  // serve() may be between its look at stop_ and its sleep, and the word it sleeps on belongs to the client. So
  // the wake-up is repeated until it has been heard.
  while (!ended_.load(std::memory_order_acquire)) {
    futex_wake_all(cells_.doorbell().submitted);
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
}

}  // namespace memo
