// WaitBudget: how long a batch may wait for the store, for all lookups and drafts of all its layers together.
//
// The store has a timeout for each lookup, and stops asking a daemon that misses several
// (client/attached/circuit_breaker.h). A batch asks several times, and a wait that is short beside a long batch is
// long beside a short one. So each batch has its own budget, a share of the time that computing it takes. Each
// lookup may wait for the rest of the budget, or for the store's own timeout where that is shorter. Once the
// budget is spent, the rest of the batch is computed plain.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "memo/memo_store.h"

namespace memo {

struct WaitLimit {
  bool limited = true;  // false: only the store's own timeout counts
  double seconds = 0;   // per batch; 0: `share` of the measured time that computing it takes
  double share = 0.05;
  double least_s =
      5e-4;  // of such a share: with less, an unscheduled thread looks like a store that does not answer
};

// Threads: one at a time.
class WaitBudget {
 public:
  using Microseconds = std::chrono::microseconds;
  // With less time than this, a lookup is not worth trying.
  static constexpr Microseconds kTooLittle{100};

  explicit WaitBudget(WaitLimit limit = {}) : limit_(limit) {}

  // Begins a new batch. Until one was computed, only the store's timeout applies.
  void begin(std::size_t tokens) {
    tokens_ = static_cast<double>(tokens);
    waited_s_ = 0;
  }
  void add_waited(double seconds) { waited_s_ += seconds; }
  // Ends the batch; `seconds` is its duration, waiting included.
  void end(double seconds) {
    const double now = std::max(0.0, seconds - waited_s_) / std::max(1.0, tokens_);
    token_s_ = token_s_ == 0 ? now : 0.9 * token_s_ + 0.1 * now;
  }

  bool spent() const { return left() < kTooLittle; }
  // For one lookup.
  Microseconds left() const {
    if (!limit_.limited || (limit_.seconds == 0 && token_s_ == 0)) return LookupRequest::kStoresOwn;
    return Microseconds(static_cast<Microseconds::rep>(1e6 * std::max(0.0, budget_s() - waited_s_)));
  }
  double waited_s() const { return waited_s_; }

 private:
  double budget_s() const {
    return limit_.seconds > 0 ? limit_.seconds : std::max(limit_.least_s, limit_.share * token_s_ * tokens_);
  }

  const WaitLimit limit_;
  double token_s_ = 0;  // to compute one token, with all threads
  double tokens_ = 0;
  double waited_s_ = 0;
};

}  // namespace memo
