#include "memod/store/upkeep/maintenance.h"

#include <utility>

namespace memo {

Maintenance::Maintenance(MaintenanceSignal& signal, Step step)
    : signal_(signal), step_(std::move(step)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Maintenance::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Maintenance::run(const std::stop_token& stop) {
  Next next;
  while (!stop.stop_requested()) {
    if (next && next->count() == 0)
      std::this_thread::yield();
    else
      signal_.wait(stop, next);
    if (!stop.stop_requested()) next = step_(stop);
  }
}

}  // namespace memo
