// ControlClient: a connection to a running daemon's control plane.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "client/protocol/control_messages.h"
#include "client/protocol/packet_socket.h"
#include "client/store_admin.h"

namespace memo {

// Threads: any thread may call every method; requests go one at a time.
// Errors of every request: unavailable (the daemon is gone), deadline_exceeded (the connection is then closed: a
// late reply must not be taken for the next request's), corrupt (the reply makes no sense; the connection is
// closed, too), unsupported (another protocol version), and what the daemon itself answers.
class ControlClient final : public StoreAdmin {
 public:
  // Errors: invalid_argument (path), unavailable.
  static Result<std::unique_ptr<ControlClient>> connect(const std::string& socket_path,
                                                        std::chrono::milliseconds timeout);

  struct Attached {
    AttachReply reply;
    UniqueFd segment;
    UniqueFd pool;
  };
  // Starts this connection's session, which lasts as long as the connection does.
  Result<Attached> attach(const AttachRequest& request);
  Result<SpaceId> open_space(const SpaceSpec& spec);

  Result<StoreStats> stats() override;
  Result<MemoPage> list(std::uint64_t cursor, std::uint32_t limit) override;
  Result<CheckPage> check(std::uint64_t cursor, std::uint32_t limit, bool repair) override;
  Result<MemoDetail> show(SpaceId space, Layer layer, const Key& key) override;
  Status erase(SpaceId space, Layer layer, const Key& key) override;
  Status set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) override;
  Result<std::uint64_t> evict(SpaceId space, std::uint64_t memos) override;
  Status set_quota(SpaceId space, std::uint64_t bytes) override;
  Result<CompactStep> drop(SpaceId space) override;
  Result<CompactStep> compact() override;

  // For poll(): reports a hang-up when the daemon ends.
  int fd() const { return socket_.fd(); }
  void shut_down() { socket_.shut_down(); }

 private:
  ControlClient(PacketSocket socket, std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), timeout_(timeout) {}

  template <typename Body>
  Result<Body> ask(const ControlRequest& request, std::vector<UniqueFd>* fds = nullptr);
  Result<ControlReply> exchange(const ControlRequest& request, std::vector<UniqueFd>* fds);
  Status give_up(Status why);

  PacketSocket socket_;
  std::chrono::milliseconds timeout_;
  std::mutex mutex_;  // held from a request to its reply
};

}  // namespace memo
