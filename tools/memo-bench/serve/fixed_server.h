// A server that answers every request with the same body, on a thread of its own: what the machine, its loopback and the
// load generator take themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "memo/status.h"

namespace memo {

class FixedServer {
 public:
  // body_bytes: of each answer. Errors: unavailable (no port is free).
  static Result<std::unique_ptr<FixedServer>> start(std::size_t body_bytes);
  virtual ~FixedServer() = default;

  virtual std::uint16_t port() const = 0;
  // Of its thread, since the start.
  virtual double cpu_seconds() const = 0;
};

}  // namespace memo
