#include "memod/daemon/server/server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "client/memory/backing.h"

namespace memo {
namespace {

// The pause between two tries to accept while no descriptor is left.
constexpr int kRetryMs = 1000;

UniqueFd spare_descriptor() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// The reserve, the socket to listen on, a connection and its segment.
bool has_room_for_a_client() {
  std::array<UniqueFd, 4> tried;
  for (UniqueFd& fd : tried) fd = spare_descriptor();
  return static_cast<bool>(tried.back());
}

Status system_error(std::string_view call) {
  return {StatusCode::internal, fmt::format("{}: {}", call, std::strerror(errno))};
}

std::uint64_t make_boot_token() {
  std::uint64_t token = 0;
  // Up to 256 bytes never block or fail once the system is up; a token of 0 would only be less telling.
  (void)!::getrandom(&token, sizeof(token), 0);
  return token;
}

bool peer_is_allowed(int fd) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

// A refusal that its client can show to people. If it cannot be sent, the hang-up says enough.
void refuse(const PacketSocket& socket, StatusCode code, std::string message) {
  const ControlReply reply{.status = {code, std::move(message)}, .body = {}};
  (void)socket.send(encode_reply(reply), {}, PacketSocket::kNow);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Store& store, const ServerOptions& options, Logger log) {
  MEMO_ASSIGN_OR_RETURN(auto pool, store.open_pool_read_only());
  MEMO_ASSIGN_OR_RETURN(const auto file, inspect_file(pool.get()));
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_error("epoll_create1");
  if (!has_room_for_a_client())
    return Status(StatusCode::internal,
                  "so few descriptors are left that no client could attach; raise LimitNOFILE");
  MEMO_ASSIGN_OR_RETURN(auto reaper, SessionReaper::start());
  MEMO_ASSIGN_OR_RETURN(auto listener, Listener::open(options.socket_path));
  return std::unique_ptr<Server>(new Server(store, options, std::move(log), std::move(listener), std::move(epoll),
                                            std::move(pool), file.bytes, std::move(reaper)));
}

Server::Server(Store& store, const ServerOptions& options, Logger log, Listener listener, UniqueFd epoll,
               UniqueFd pool, std::uint64_t pool_bytes, std::unique_ptr<SessionReaper> reaper)
    : options_(options),
      log_(std::move(log)),
      listener_(std::move(listener)),
      epoll_(std::move(epoll)),
      pool_(std::move(pool)),
      control_(store, [this] { return sessions(); }),
      context_{.store = store,
               .control = control_,
               .pool_fd = pool_.get(),
               .pool_bytes = pool_bytes,
               .boot_token = make_boot_token(),
               .log = log_},
      reserve_(spare_descriptor()),
      reaper_(std::move(reaper)) {}

Server::~Server() = default;

bool Server::watch(int fd, std::uint32_t events) const {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

Status Server::run(int stop_fd) {
  if (!watch(stop_fd, EPOLLIN) || !watch(listener_.fd(), EPOLLIN)) return system_error("epoll_ctl");
  std::array<epoll_event, 64> events;
  while (true) {
    const int timeout = accepting_ ? -1 : kRetryMs;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) return system_error("epoll_wait");
    if (count == 0) resume_accepting();
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<std::size_t>(i)].data.fd == stop_fd) return Status::ok();
      handle(events[static_cast<std::size_t>(i)].data.fd);
    }
  }
}

// The one seam for what runs out while a request is served: memory, as std::bad_alloc.
void Server::handle(int fd) {
  try {
    fd == listener_.fd() ? accept_all() : serve(fd);
  } catch (const std::exception& error) {
    log_(fmt::format("a connection ended: {}", error.what()));
    end(fd);
  }
}

void Server::serve(int fd) {
  const auto connection = connections_.find(fd);
  // One request per turn, so that no connection starves the others.
  if (connection != connections_.end() && !connection->second->serve_one()) end(fd);
}

void Server::accept_all() {
  while (true) {
    auto connection = listener_.accept();
    if (!connection) {
      if (turn_away(connection.status())) continue;
      return pause_accepting(connection.status());
    }
    if (!*connection) return;
    admit(std::move(connection).value());
  }
}

// Accepts with the reserved descriptor, tells the client why it is refused, and hangs up. False where even that
// failed.
bool Server::turn_away(const Status& why) {
  if (!reserve_) return false;
  reserve_ = UniqueFd();
  bool is_told = false;
  if (auto connection = listener_.accept(); connection && *connection) {
    refuse(PacketSocket(std::move(*connection)), StatusCode::busy, "memod has no room for more: " + why.message());
    is_told = true;
  }
  reserve_ = spare_descriptor();
  if (is_told) log_("turned a client away: " + why.message());
  return is_told;
}

// A waiting client would keep epoll busy.
void Server::pause_accepting(const Status& why) {
  log_(why.message());
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.fd(), nullptr);
  accepting_ = false;
}

void Server::admit(UniqueFd fd) {
  const int key = fd.get();
  PacketSocket socket(std::move(fd));
  if (!peer_is_allowed(key)) return refuse(socket, StatusCode::unsupported, "memod serves its own user only");
  if (connections_.size() + reaper_->pending() >= options_.max_connections)
    return refuse(socket, StatusCode::busy,
                  fmt::format("memod serves at most {} connections; close one", options_.max_connections));
  if (!watch(key, EPOLLIN | EPOLLRDHUP))
    return refuse(socket, StatusCode::busy, "memod cannot watch more connections");
  connections_.emplace(key, std::make_unique<Connection>(std::move(socket), context_));
}

// The descriptor leaves epoll at once: it is closed later, by the reaper.
void Server::end(int fd) {
  const auto connection = connections_.find(fd);
  if (connection == connections_.end()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  reaper_->end(std::move(connection->second));
  connections_.erase(connection);
  resume_accepting();
}

void Server::resume_accepting() {
  if (!accepting_) accepting_ = watch(listener_.fd(), EPOLLIN);
}

std::uint64_t Server::sessions() const {
  return static_cast<std::uint64_t>(std::count_if(connections_.begin(), connections_.end(),
                                                  [](const auto& entry) { return entry.second->attached(); }));
}

}  // namespace memo
