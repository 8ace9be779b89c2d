// DaemonLog: a daemon's log on stderr, one line per message. The daemon never waits for it, and clients cannot
// flood it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace memo {

// A token bucket: lets through as many lines at once as it holds, and then a fixed number per second.
class LineRate {
 public:
  using Clock = std::chrono::steady_clock;
  LineRate(double burst, double per_second) : burst_(burst), per_second_(per_second), room_(burst) {}
  bool admit(Clock::time_point now);

 private:
  const double burst_, per_second_;
  double room_;
  Clock::time_point last_{};
};

// Threads: any.
class DaemonLog {
 public:
  // Whether the line, with its end, was taken. Must not wait.
  using Sink = std::function<bool(std::string_view line)>;

  // To stderr.
  explicit DaemonLog(std::string program);
  DaemonLog(std::string program, Sink sink);

  // Writes "PROGRAM: TEXT", escaped. Lines above the limit, and lines that the sink does not take, are left out;
  // the next line says how many.
  void write(std::string_view text, LineRate::Clock::time_point now = LineRate::Clock::now());

 private:
  const std::string program_;
  const Sink sink_;
  std::mutex mutex_;
  LineRate rate_;               // under mutex_
  std::uint64_t left_out_ = 0;  // under mutex_
};

}  // namespace memo
