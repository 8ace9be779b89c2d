#include "tools/common/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace memo {
namespace {

// Global, because a signal handler cannot be given the eventfd that it writes to. Blocking the signals and waiting
// for them would not work: threads that libraries start before main do not inherit the mask.
std::atomic<int> event = -1;

void raise_event(int) {
  const int saved = errno;
  const std::uint64_t one = 1;
  (void)!::write(event.load(), &one, sizeof(one));
  errno = saved;
}

void set_handler(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  set_handler(raise_event);
}

Interrupt::~Interrupt() {
  set_handler(SIG_DFL);
  ::close(event.exchange(-1));
}

bool Interrupt::wait_for(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  pollfd waiting = {.fd = event, .events = POLLIN, .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (::poll(&waiting, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0) > 0) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
  }
}

}  // namespace memo
