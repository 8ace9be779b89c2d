// Progress: a bar on stderr, when stderr is a terminal; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace memo {

// Threads: one at a time.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  // removes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // fraction: 0 .. 1. Draws at most ten times a second.
  void update(double fraction, std::uint64_t done);

 private:
  const std::string what_;
  const bool on_terminal_;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace memo
