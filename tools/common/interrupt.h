// Interrupt: SIGINT and SIGTERM as an end to waiting, not to the program.
#pragma once

#include <chrono>

namespace memo {

// While it lives, the two signals end waits. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Returns true at once when a signal came, also before the call; false when the time is over.
  bool wait_for(std::chrono::milliseconds time) const;
};

}  // namespace memo
