// Server: the daemon's control plane: one thread, one epoll, one socket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "client/process/logger.h"
#include "client/protocol/unique_fd.h"
#include "memod/daemon/server/connection.h"
#include "memod/daemon/server/control_service.h"
#include "memod/daemon/server/listener.h"
#include "memod/daemon/server/session_reaper.h"
#include "memod/store/store.h"

namespace memo {

struct ServerOptions {
  std::string socket_path;
  std::uint32_t max_connections = 256;
};

// Anything that a client sends or fails to read ends at most its own connection; so does running out of memory.
// Only processes of the same user, or of root, are served.
//
// When descriptors run out, a client that connects is told so: the server keeps one descriptor in reserve for
// that. When even that fails, the server stops accepting until a connection ends, or for a second.
//
// Threads: run() on one thread; the rest before or after it.
class Server {
 public:
  // Listens from here on. Requires: the store outlives the server.
  // Errors: as Listener::open; internal (no descriptor or thread left).
  static Result<std::unique_ptr<Server>> start(Store& store, const ServerOptions& options, Logger log);
  // Ends all sessions, removes the socket.
  ~Server();

  // Serves until `stop_fd` becomes readable (an eventfd).
  // Errors: internal (epoll failed).
  Status run(int stop_fd);

 private:
  Server(Store& store, const ServerOptions& options, Logger log, Listener listener, UniqueFd epoll, UniqueFd pool,
         std::uint64_t pool_bytes, std::unique_ptr<SessionReaper> reaper);

  bool watch(int fd, std::uint32_t events) const;
  void handle(int fd);
  void serve(int fd);
  void accept_all();
  bool turn_away(const Status& why);
  void admit(UniqueFd fd);
  void end(int fd);
  void pause_accepting(const Status& why);
  void resume_accepting();
  std::uint64_t sessions() const;

  const ServerOptions options_;
  const Logger log_;
  const Listener listener_;
  const UniqueFd epoll_;
  const UniqueFd pool_;
  ControlService control_;
  const ConnectionContext context_;
  bool accepting_ = true;
  UniqueFd reserve_;                                        // given up to accept one more
  std::unique_ptr<SessionReaper> reaper_;                   // after context_, which connections use to their end
  std::map<int, std::unique_ptr<Connection>> connections_;  // by descriptor
};

}  // namespace memo
