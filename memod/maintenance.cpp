#include "memod/maintenance.h"

#include <utility>

namespace memo {
namespace {

constexpr std::chrono::milliseconds kRest{1};

}  // namespace

Maintenance::Maintenance(Step step)
    : step_(std::move(step)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Maintenance::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    if (std::exchange(urgent_, true)) return;
  }
  condition_.notify_one();
}

void Maintenance::wake_soon() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true) || resting_) return;
  }
  condition_.notify_one();
}

void Maintenance::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Maintenance::sleep(const std::stop_token& stop, const Next& next) {
  const auto woken = [this] { return woken_; };
  std::unique_lock lock(mutex_);
  resting_ = true;
  condition_.wait_for(lock, stop, kRest, [this] { return urgent_; });
  resting_ = false;
  if (next)
    condition_.wait_for(lock, stop, *next, woken);
  else
    condition_.wait(lock, stop, woken);
  woken_ = urgent_ = false;
}

void Maintenance::run(const std::stop_token& stop) {
  Next next;
  while (!stop.stop_requested()) {
    if (next && next->count() == 0)
      std::this_thread::yield();
    else
      sleep(stop, next);
    if (!stop.stop_requested()) next = step_(stop);
  }
}

}  // namespace memo
