#include "memod/daemon/server/session_reaper.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace memo {

Result<std::unique_ptr<SessionReaper>> SessionReaper::start() {
  std::unique_ptr<SessionReaper> reaper(new SessionReaper);
  try {
    reaper->thread_ = std::thread([&reaper = *reaper] { reaper.run(); });
  } catch (const std::system_error& error) {
    return Status(StatusCode::internal, fmt::format("no thread to end sessions: {}", error.what()));
  }
  return reaper;
}

SessionReaper::~SessionReaper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  condition_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SessionReaper::end(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    given_.push_back(std::move(connection));
    ++pending_;
  }
  condition_.notify_one();
}

std::size_t SessionReaper::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_;
}

void SessionReaper::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    condition_.wait(lock, [this] { return stopping_ || !given_.empty(); });
    if (given_.empty()) return;
    std::vector<std::unique_ptr<Connection>> ended = std::exchange(given_, {});
    lock.unlock();
    const std::size_t count = ended.size();
    ended.clear();
    lock.lock();
    pending_ -= count;
  }
}

}  // namespace memo
