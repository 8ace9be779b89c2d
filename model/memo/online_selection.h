// OnlineSelection: what one engine has learned about which lookups pay, and what its batch may still wait for.
#pragma once

#include <vector>

#include "model/memo/layer_gate.h"
#include "model/memo/policy.h"
#include "model/memo/wait_budget.h"

namespace memo {

// Threads: one at a time; one an engine (layer_gate.h says why).
struct OnlineSelection {
  explicit OnlineSelection(const Policy& policy);

  LayerGate early;                       // of the lookup by key of all layers in one message (early_lookup.h)
  std::vector<LayerGate> by_key;         // [layers], of the keys that were not asked for early
  std::vector<LayerGate> by_similarity;  // [layers]
  WaitBudget budget;

  // Of the batch at hand:
  GateTurn early_turn = GateTurn::open;
  std::vector<bool>
      substituted;  // [batch]: met a similar map, so that its keys are other ones than asked for early
};

}  // namespace memo
