// ClientRound: one client's operations of one round, and how long they took.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/memo-bench/store/workload/contestant.h"
#include "tools/memo-bench/store/workload/round.h"
#include "tools/memo-bench/store/workload/traffic.h"

namespace memo {

// Threads: one at a time.
class ClientRound {
 public:
  // Lifetime: the contestant and the traffic outlive this.
  ClientRound(Contestant& contestant, Traffic& traffic, const Workload& workload);

  struct Extent {
    std::int64_t start_ns = 0;     // of the monotonic clock: all clients begin at once; 0: now
    double seconds = 0;            // 0: `operations` end it
    std::uint64_t operations = 0;  // 0: `seconds` end it
  };
  void run(const Extent& extent);
  const RoundFigures& figures() const { return figures_; }

 private:
  void operate();
  void publish();
  void lookup();
  void judge(std::span<const BenchQuery> queries);
  void fail(const Status& status);

  Contestant& contestant_;
  Traffic& traffic_;
  const Workload& workload_;
  RoundFigures figures_;
  std::vector<BenchHit> hits_;
};

}  // namespace memo
