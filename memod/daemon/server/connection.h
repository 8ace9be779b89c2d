// Connection: one client's socket, and its session once it has attached.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "client/process/logger.h"
#include "client/protocol/control_messages.h"
#include "client/protocol/packet_socket.h"
#include "memod/daemon/server/control_service.h"
#include "memod/daemon/session/session.h"

namespace memo {

// What all connections of a daemon share.
struct ConnectionContext {
  Store& store;
  ControlService& control;
  int pool_fd;  // read-only: goes to every client
  std::uint64_t pool_bytes;
  std::uint64_t boot_token;
  const Logger& log;
};

// Threads: the server's.
class Connection {
 public:
  // Requires: the context outlives this.
  Connection(PacketSocket socket, const ConnectionContext& context)
      : context_(context), socket_(std::move(socket)) {}

  // Reads one request, if there is one, and answers it.
  // False when the connection is over: the peer hung up, sent a malformed request, or does not read answers.
  bool serve_one();

  // The client's name for people.
  const std::string& process() const { return process_; }
  bool attached() const { return session_ != nullptr; }
  int fd() const { return socket_.fd(); }

 private:
  ControlReply answer(const ControlRequest& request);
  ControlReply attach(const AttachRequest& request);
  ControlReply open_space(const SpaceSpec& spec);
  bool send(const ControlReply& reply);

  const ConnectionContext& context_;
  PacketSocket socket_;
  std::string process_ = "unnamed client";
  std::map<SpaceId, std::shared_ptr<const void>> spaces_;  // the spaces it has open: their records are not reused
  std::unique_ptr<Session> session_;  // after socket_: its threads may still shut the socket down
};

}  // namespace memo
