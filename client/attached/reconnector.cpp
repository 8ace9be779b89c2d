#include "client/attached/reconnector.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "client/step.h"

namespace memo {

Result<std::unique_ptr<Reconnector>> Reconnector::make(std::string socket_path, const AttachOptions& options,
                                                       std::shared_ptr<SpaceTable> spaces,
                                                       std::shared_ptr<PublishLedger> ledger) {
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) return Status{StatusCode::internal, fmt::format("eventfd: {}", std::strerror(errno))};
  return std::unique_ptr<Reconnector>(
      new Reconnector(std::move(socket_path), options, std::move(spaces), std::move(ledger), std::move(stop)));
}

Reconnector::Reconnector(std::string socket_path, const AttachOptions& options, std::shared_ptr<SpaceTable> spaces,
                         std::shared_ptr<PublishLedger> ledger, UniqueFd stop)
    : socket_path_(std::move(socket_path)),
      options_(options),
      spaces_(std::move(spaces)),
      ledger_(std::move(ledger)),
      stop_(std::move(stop)) {}

Reconnector::~Reconnector() {
  step("detach: begun");
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
  step("detach: watcher ended");
  if (const auto last = replace(nullptr)) last->close();
}

Status Reconnector::attach_now() {
  auto attachment = Attachment::open(socket_path_, options_, ledger_);
  if (!attachment) return fail(attachment.status());
  open_spaces(**attachment);
  replace(*attachment);
  step("attach: in use");
  // Once more: a space that was added since the first time found no attachment that could open it.
  open_spaces(**attachment);
  return Status::ok();
}

// A space that cannot be opened now (pool full) stays unusable; the session does not.
void Reconnector::open_spaces(Attachment& attachment) const {
  const std::vector<SpaceSpec> specs = spaces_->all();
  for (std::uint32_t i = 0; i < specs.size(); ++i)
    if (!attachment.remote_id(SpaceId{i})) (void)attachment.open_space(SpaceId{i}, specs[i]);
}

void Reconnector::start() {
  thread_ = std::thread([this] { run(); });
}

void Reconnector::run() {
  while (true) {
    if (const auto attachment = current()) {
      if (stopped_while_watching(attachment->fd())) return;
      (void)fail({StatusCode::unavailable, fmt::format("memod at {} has ended the session", socket_path_)});
      replace(nullptr);
      attachment->close();
    }
    if (!attach_now() && stopped_while_waiting()) return;
  }
}

bool Reconnector::stopped_while_watching(int fd) const {
  std::array<pollfd, 2> fds = {
      {{.fd = stop_.get(), .events = POLLIN, .revents = 0}, {.fd = fd, .events = POLLRDHUP, .revents = 0}}};
  while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  return fds[0].revents != 0;
}

bool Reconnector::stopped_while_waiting() const {
  pollfd stop = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&stop, 1, static_cast<int>(options_.retry_interval.count())) > 0;
}

Status Reconnector::fail(const Status& why) {
  const std::lock_guard lock(mutex_);
  failure_ = why.message();
  return why;
}

Status Reconnector::last_failure() const {
  const std::lock_guard lock(mutex_);
  return {StatusCode::unavailable, failure_};
}

std::shared_ptr<Attachment> Reconnector::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<Attachment> Reconnector::replace(std::shared_ptr<Attachment> attachment) {
  const std::lock_guard lock(mutex_);
  return std::exchange(current_, std::move(attachment));
}

}  // namespace memo
