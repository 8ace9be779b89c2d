// Server: the daemon's control plane: one thread, one epoll, one socket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "client/protocol/unique_fd.h"
#include "memod/server/connection.h"
#include "memod/server/control_service.h"
#include "memod/server/listener.h"
#include "memod/session/logger.h"
#include "memod/store.h"

namespace memo {

struct ServerOptions {
  std::string socket_path;
  std::uint32_t max_connections = 256;
};

// Whatever a client sends or fails to read ends at most its own connection. Only processes of the same user, or of
// root, are served.
//
// Threads: run() on one thread; the rest before or after it.
class Server {
 public:
  // Listens from here on. Requires: the store outlives the server.
  // Errors: as Listener::open; internal.
  static Result<std::unique_ptr<Server>> start(Store& store, const ServerOptions& options, Logger log);
  // Ends all sessions, removes the socket.
  ~Server();

  // Serves until `stop_fd` becomes readable (an eventfd).
  // Errors: internal (epoll failed).
  Status run(int stop_fd);

 private:
  Server(Store& store, const ServerOptions& options, Logger log, Listener listener, UniqueFd epoll, UniqueFd pool,
         std::uint64_t pool_bytes);

  bool watch(int fd, std::uint32_t events) const;
  void handle(int fd);
  void accept_all();
  void admit(UniqueFd fd);
  void end(int fd);
  void pause_accepting(const Status& why);
  std::uint64_t sessions() const;

  const ServerOptions options_;
  const Logger log_;
  const Listener listener_;
  const UniqueFd epoll_;
  const UniqueFd pool_;
  ControlService control_;
  const ConnectionContext context_;
  bool accepting_ = true;
  std::map<int, std::unique_ptr<Connection>> connections_;  // by descriptor
};

}  // namespace memo
