// RingServer: the answering side of a ring of request cells in shared memory (ring_cells.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "client/protocol/ring/ring_cells.h"
#include "client/protocol/ring/spin.h"
#include "memo/status.h"

namespace memo {

// The other side may write anything into the ring at any time. So serve() copies a request out, checks its size,
// and reads only the copy. A ring whose numbers do not fit together ends serve() with an error.
//
// Threads: serve() on one thread; stop() from any other, once serve() has been or is about to be called.
class RingServer {
 public:
  // Reads a request, writes the reply into `reply` and returns its size. An error means that the client violated
  // the protocol, and ends serve(). A mistake that a correct client may make is answered in the reply.
  using Handler =
      std::function<Result<std::size_t>(std::span<const std::byte> request, std::span<std::byte> reply)>;

  // Requires: as RingCells.
  RingServer(std::span<std::byte> memory, const segment::RingShape& shape);

  // Answers requests in the order of their numbers. Sleeps without a timeout while there are none.
  // Returns ok after stop(). Errors: invalid_argument (a violation, by the client or found by the handler).
  Status serve(const Handler& handler);

  // Returns after serve() has.
  void stop();

 private:
  Status serve_until_stopped(const Handler& handler);
  std::uint32_t await_submitted();
  void sleep_for_requests();
  Status check_numbers(std::uint32_t submitted) const;
  Status answer_next(const Handler& handler);
  Result<std::span<const std::byte>> copy_request(std::uint32_t number);
  void publish_reply(std::uint32_t number, std::size_t size);

  RingCells cells_;
  // It sees requests that follow at once without sleeping. It does not spin until the next layer of an inference.
  AdaptiveSpin spin_{std::chrono::microseconds{20}};
  std::uint32_t next_ = 0;          // number of the next request to answer
  std::vector<std::byte> request_;  // the copy
  std::vector<std::byte> reply_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
};

}  // namespace memo
