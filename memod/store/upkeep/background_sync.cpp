#include "memod/store/upkeep/background_sync.h"

namespace memo {

using Clock = std::chrono::steady_clock;

BackgroundSync::BackgroundSync(const Pool& pool, std::chrono::milliseconds interval) : pool_(pool) {
  if (interval.count() == 0) return;
  thread_ = std::jthread([this, interval](const std::stop_token& stop) { run(stop, interval); });
}

std::optional<Clock::duration> BackgroundSync::age() const {
  const Clock::time_point covered = covered_;
  if (covered == Clock::time_point{}) return std::nullopt;
  return Clock::now() - covered;
}

// The last sync, after the request to stop, covers what came since.
void BackgroundSync::run(const std::stop_token& stop, std::chrono::milliseconds interval) {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, interval, [] { return false; });
    }
    last = stop.stop_requested();
    const Clock::time_point begun = Clock::now();
    failed_ = !pool_.sync();
    if (!failed_) covered_ = begun;
  }
}

}  // namespace memo
