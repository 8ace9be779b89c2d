// LookupTime: how long a lookup of results may take: no longer than what it is expected to save.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "memo/memo_store.h"

namespace memo {

// Threads: one at a time.
class LookupTime {
 public:
  // max_s: per batch, as a policy says; 0: half of the time that hits have saved lately, or a twentieth of what
  // computing takes where that is more. limited: false leaves it to the store's own timeout.
  LookupTime(bool limited, double max_s) : limited_(limited), max_s_(max_s) {}

  // Adds a measurement: computing these tokens took this long, with all threads.
  void add_computed(std::size_t tokens, double seconds) {
    const double now = seconds / static_cast<double>(std::max<std::size_t>(tokens, 1));
    token_s_ = token_s_ == 0 ? now : 0.9 * token_s_ + 0.1 * now;
  }
  // Of one token. 0: nothing was computed yet.
  double token_s() const { return token_s_; }

  // For a batch of so many tokens, of whose texts this share is usually found.
  std::chrono::microseconds of(std::size_t tokens, double hit_rate) const {
    if (!limited_ || (max_s_ == 0 && token_s_ == 0)) return LookupRequest::kStoresOwn;
    // With less, a thread that is not scheduled looks like a store that does not answer.
    constexpr double kMin_s = 5e-4;
    constexpr double kMinShare = 0.05;
    const double computing_s = token_s_ * static_cast<double>(tokens);
    const double worth_s = std::max({kMin_s, kMinShare * computing_s, hit_rate / 2 * computing_s});
    return std::chrono::microseconds(
        static_cast<std::chrono::microseconds::rep>(1e6 * (max_s_ > 0 ? max_s_ : worth_s)));
  }

 private:
  const bool limited_;
  const double max_s_;
  double token_s_ = 0;
};

}  // namespace memo
