#include "memod/maintenance.h"

#include <utility>

namespace memo {

Maintenance::Maintenance(Step step)
    : step_(std::move(step)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Maintenance::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true)) return;
  }
  condition_.notify_one();
}

void Maintenance::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!condition_.wait(lock, stop, [this] { return woken_; })) return;
      woken_ = false;
    }
    while (!stop.stop_requested() && step_(stop)) std::this_thread::yield();
  }
}

}  // namespace memo
