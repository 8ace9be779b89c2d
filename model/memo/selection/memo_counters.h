// Counts what memoized attention did, and how long that took.
#pragma once

#include <chrono>
#include <cstdint>

namespace memo {

// Counted in sequences, of one layer.
struct LayerCounters {
  std::uint64_t lookups = 0;  // the store was asked
  std::uint64_t gated = 0;    // not asked by key, or by similarity (one each), as that does not pay: layer_gate.h
  std::uint64_t probes = 0;   // asked nevertheless, to see whether it pays again (one each)
  std::uint64_t over_deadline = 0;  // not asked or not answered: no waiting time left (wait_budget.h)
  std::uint64_t exact_hits = 0;
  std::uint64_t similar_hits = 0;
  std::uint64_t blended = 0;       // maps that similar hits read, where a hit read several
  std::uint64_t published = 0;     // handed to the store; MemoStore::publish_counts says what became of them
  std::uint64_t dropped = 0;       // not published: the store had no draft or was away, or no time was left
  std::uint64_t not_admitted = 0;  // computed and not published: unlikely to be asked for (admission.h)
  std::uint64_t revoked = 0;       // hits whose memo changed while it was read: computed instead
  std::uint64_t computed = 0;
  std::uint64_t fixed = 0;
  std::uint64_t errors = 0;  // lookups that the store answered with an error, or with an unusable memo

  LayerCounters& operator+=(const LayerCounters& other);
  // What was counted since `before`, an earlier copy of the same counters.
  LayerCounters& operator-=(const LayerCounters& before);
};

// Seconds of the calling thread.
struct PartSeconds {
  double embed = 0;    // features
  double search = 0;   // lookups
  double read = 0;     // context from stored maps
  double compute = 0;  // projections, maps, context
  double publish = 0;  // encoding and handing over

  PartSeconds& operator+=(const PartSeconds& other);
  PartSeconds& operator-=(const PartSeconds& before);
  double sum() const { return embed + search + read + compute + publish; }
};

// Adds the duration of its lifetime to a sum.
class PartTimer {
 public:
  explicit PartTimer(double& seconds) : seconds_(seconds) {}
  ~PartTimer() { seconds_ += elapsed(); }
  PartTimer(const PartTimer&) = delete;
  PartTimer& operator=(const PartTimer&) = delete;
  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double& seconds_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace memo
