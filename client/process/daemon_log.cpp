#include "client/process/daemon_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/process/stderr_text.h"

namespace memo {
namespace {

// What a daemon says of itself fits into a burst; a client that breaks the protocol in a loop fills no disk.
constexpr double kBurst = 100;
constexpr double kPerSecond = 5;

}  // namespace

bool LineRate::admit(Clock::time_point now) {
  room_ = std::min(burst_, room_ + per_second_ * std::chrono::duration<double>(now - last_).count());
  last_ = now;
  if (room_ < 1) return false;
  room_ -= 1;
  return true;
}

DaemonLog::DaemonLog(std::string program)
    : DaemonLog(std::move(program), [](std::string_view line) { return write_stderr(line, Patience::none); }) {}

DaemonLog::DaemonLog(std::string program, Sink sink)
    : program_(std::move(program)), sink_(std::move(sink)), rate_(kBurst, kPerSecond) {}

void DaemonLog::write(std::string_view text, LineRate::Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::string line;
  if (left_out_ > 0) line = fmt::format("{}: {} lines were left out here\n", program_, left_out_);
  line += fmt::format("{}: {}\n", program_, one_line(text));
  if (rate_.admit(now) && sink_(line))
    left_out_ = 0;
  else
    ++left_out_;
}

}  // namespace memo
