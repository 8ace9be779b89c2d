#include "model/memo/selection/layer_gate.h"

#include <algorithm>

namespace memo {

LayerGate::LayerGate(GateOptions options)
    : options_(options), hits_(options.memory), interval_(options.probe_interval) {}

GateTurn LayerGate::next() {
  if (open_) return GateTurn::open;
  if (++waited_ < interval_) return GateTurn::closed;
  waited_ = 0;
  return GateTurn::probe;
}

void LayerGate::record(const GateObservation& observation) {
  if (observation.trials == 0 || options_.always_open) return;
  hits_.add(observation.trials, static_cast<double>(observation.hits));
  // Weighted like the hits: the newest trials' share of all trials.
  const double weight = static_cast<double>(observation.trials) / hits_.trials();
  const double cost_us = observation.cost_us / static_cast<double>(observation.trials);
  cost_us_ += std::min(weight, 1.0) * (cost_us - cost_us_);
  since_opened_ += observation.trials;
  if (!observation.saved_us) return;
  if (open_) {
    const bool never_pays = hits_.highest() * *observation.saved_us < cost_us_;
    if (never_pays && since_opened_ >= options_.least_trials) close();
  } else if (hits_.rate() * *observation.saved_us > options_.margin * cost_us_) {
    open();
  } else {
    interval_ = std::min(2 * interval_, options_.longest_interval);
  }
}

void LayerGate::close() {
  open_ = false;
  interval_ = options_.probe_interval;
  waited_ = 0;
  hits_.weaken(options_.memory_when_closed);
}

void LayerGate::open() {
  open_ = true;
  since_opened_ = 0;
}

}  // namespace memo
