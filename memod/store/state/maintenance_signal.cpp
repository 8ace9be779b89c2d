#include "memod/store/state/maintenance_signal.h"

#include <utility>

namespace memo {
namespace {

constexpr std::chrono::milliseconds kRest{1};

}  // namespace

void MaintenanceSignal::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    if (std::exchange(urgent_, true)) return;
  }
  condition_.notify_one();
}

void MaintenanceSignal::wake_soon() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true) || resting_) return;
  }
  condition_.notify_one();
}

void MaintenanceSignal::wait(const std::stop_token& stop,
                             const std::optional<std::chrono::milliseconds>& timeout) {
  const auto woken = [this] { return woken_; };
  std::unique_lock lock(mutex_);
  resting_ = true;
  condition_.wait_for(lock, stop, kRest, [this] { return urgent_; });
  resting_ = false;
  if (timeout)
    condition_.wait_for(lock, stop, *timeout, woken);
  else
    condition_.wait(lock, stop, woken);
  woken_ = urgent_ = false;
}

}  // namespace memo
