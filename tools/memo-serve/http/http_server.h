// HttpServer: HTTP/1.1 connections, within limits: one thread waits for all of them, and others do what takes longer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "client/process/logger.h"
#include "memo/status.h"
#include "tools/memo-serve/http/http_exchange.h"

namespace memo {

struct HttpLimits {
  std::size_t body_bytes = 32 << 20;
  std::uint32_t header_bytes = 16 << 10;
  std::size_t connections = 4096;
  std::chrono::milliseconds header_time = std::chrono::seconds(10);  // for a request's header, from its first byte
  std::chrono::milliseconds body_time = std::chrono::seconds(60);
  std::chrono::milliseconds write_time = std::chrono::seconds(60);
  std::chrono::milliseconds idle_time = std::chrono::seconds(75);   // between two requests
  std::chrono::milliseconds drain_time = std::chrono::seconds(30);  // for open requests, when the server ends
};

// What became of connections since the start.
struct HttpFigures {
  std::uint64_t open = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;    // as there were too many
  std::uint64_t timed_out = 0;  // too slow in sending, or in reading
  std::uint64_t malformed = 0;
};

class HttpServer {
 public:
  // Called on the thread of the connections for small requests, else on another one. Requires: does not throw.
  using Handler = std::function<void(const std::shared_ptr<HttpExchange>&)>;

  // Listens. address: "127.0.0.1:8080", "[::1]:8080"; port 0: any free one.
  // Errors: invalid_argument (no such form), in_use, internal (the system's message).
  static Result<std::unique_ptr<HttpServer>> listen(const std::string& address, HttpLimits limits, Handler handler,
                                                    Logger log);
  virtual ~HttpServer() = default;

  // The address with the port that is really listened at.
  virtual std::string address() const = 0;
  virtual bool is_loopback() const = 0;
  // Threads: any.
  virtual HttpFigures figures() const = 0;

  // Serves until SIGTERM or SIGINT; then takes no more connections, calls on_stop, and answers open requests for at
  // most drain_time. A second signal ends that too. Once it returns, the handler is not called any more.
  virtual void run(std::function<void()> on_stop) = 0;
};

}  // namespace memo
