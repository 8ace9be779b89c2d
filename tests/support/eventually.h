// eventually(): waits for what another process or thread will bring about.
#pragma once

#include <chrono>
#include <thread>

namespace memo::test {

// Polls until `condition` holds. False when it did not within `limit`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(60)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace memo::test
