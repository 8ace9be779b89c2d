#include "client/protocol/spin.h"

#include <algorithm>

namespace memo {

void AdaptiveSpin::pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

bool AdaptiveSpin::learn(std::uint32_t budget_ns, bool paid) {
  budget_ns_.store(std::clamp(budget_ns, kShortestNs, kLongestNs), std::memory_order_relaxed);
  return paid;
}

}  // namespace memo
