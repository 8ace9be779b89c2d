// Interrupt: SIGINT and SIGTERM end a wait, not the program.
#pragma once

#include <chrono>

namespace memo {

// While an object lives, the two signals end waits. Only one object at a time.
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
