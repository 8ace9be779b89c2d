// LayerGate: switches one kind of lookup off where it stops paying, and probes whether it pays again.
//
// A lookup costs its feature, its search and the waiting for its answer, whether it hits or not; a hit saves the
// computation. So the gate of a kind is open while
//     hit rate x time saved by a hit > cost of a lookup.
// It closes when even the highest rate that the observations allow would not pay, and opens when the likeliest
// rate pays with a margin. While it is closed, one batch in `probe_interval` is still looked up; each probe
// without success doubles the interval, up to `longest_interval`. After closing, earlier observations weigh
// little, so that few probes can open it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/memo/selection/decayed_rate.h"

namespace memo {

struct GateOptions {
  bool always_open = false;
  double memory = 2000;               // trials (DecayedRate)
  std::uint64_t least_trials = 256;   // seen since it opened, before it may close
  double margin = 1.25;               // of saving over cost, to open
  double memory_when_closed = 64;     // trials
  std::uint32_t probe_interval = 64;  // batches
  std::uint32_t longest_interval = 1024;
};

enum class GateTurn { open, probe, closed };

// The outcome of a batch's lookups.
struct GateObservation {
  std::size_t trials = 0;  // sequences looked up
  std::size_t hits = 0;
  std::optional<double> saved_us = {};  // by a hit; empty: not known yet; then nothing is decided
  double cost_us = 0;                   // of all trials together
};

// Units: thread-microseconds throughout. No clock is read here.
// Threads: one at a time. Each engine has its own gates: what a lookup costs and saves depends on the engine's
// threads and batches. A shared gate would mean a lock, or a race, on every layer, for an estimate that a few
// hundred sequences give anyway. Engines share only the choice of texts to publish (admission.h), as they must
// agree on that.
class LayerGate {
 public:
  explicit LayerGate(GateOptions options = {});

  // Whether to look up the next batch. Call once for each batch that has something to look up.
  GateTurn next();
  // Call after a batch that was looked up and answered. A store that is away or late says nothing about hits:
  // timeouts (wait_budget.h) and the store's circuit breaker handle that.
  void record(const GateObservation& observation);

  bool is_open() const { return open_; }
  double hit_rate() const { return hits_.rate(); }
  double cost_us() const { return cost_us_; }  // of one lookup

 private:
  void close();
  void open();

  const GateOptions options_;
  DecayedRate hits_;
  double cost_us_ = 0;
  bool open_ = true;
  std::uint64_t since_opened_ = 0;  // trials
  std::uint32_t interval_;          // batches from one probe to the next
  std::uint32_t waited_ = 0;        // batches since the last probe
};

}  // namespace memo
