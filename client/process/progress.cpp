#include "client/process/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "client/process/stderr_text.h"

namespace memo {
namespace {

constexpr int kBarWidth = 30;
constexpr char kEraseLine[] = "\r\033[K";

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (on_terminal_) (void)write_stderr(kEraseLine, Patience::none);
}

void Progress::update(double fraction, std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const int filled = static_cast<int>(kBarWidth * std::clamp(fraction, 0.0, 1.0));
  (void)write_stderr(fmt::format("{}{} [{:-<{}}] {:3.0f} %  {}", kEraseLine, what_, std::string(filled, '#'),
                                 kBarWidth, 100 * fraction, done),
                     Patience::none);
}

}  // namespace memo
