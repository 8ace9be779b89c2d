// Maintenance: a thread that works in small steps when there is something to do, and sleeps when not.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>

#include "memod/store/state/maintenance_signal.h"

namespace memo {

class Maintenance {
 public:
  // When the next step is due: after this time at the latest; nothing: not before somebody wakes the thread.
  using Next = std::optional<std::chrono::milliseconds>;
  // Takes one bounded step. Long steps check the token to see whether to give up.
  using Step = std::function<Next(const std::stop_token&)>;

  // Lifetime: the signal outlives this.
  Maintenance(MaintenanceSignal& signal, Step step);
  // Waits for the step that is running.
  ~Maintenance() = default;

  // Prevents further steps, and waits for the one that is running.
  void stop();

 private:
  void run(const std::stop_token& stop);

  MaintenanceSignal& signal_;
  Step step_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace memo
