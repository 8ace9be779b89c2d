// OnlineSelection: what one engine has learned about which lookups pay, and how long its batch may still wait.
#pragma once

#include <vector>

#include "model/memo/selection/layer_gate.h"
#include "model/memo/selection/wait_budget.h"
#include "model/policy/policy.h"

namespace memo {

// Of fixed selection, gates are always open.
GateOptions gate_options(Selection selection);

// Threads: one at a time; one object per engine (layer_gate.h says why).
struct OnlineSelection {
  explicit OnlineSelection(const Policy& policy);

  LayerGate early;                       // of the lookup by key of all layers in one message (early_lookup.h)
  std::vector<LayerGate> by_key;         // [layers], of the keys that were not asked for early
  std::vector<LayerGate> by_similarity;  // [layers]
  WaitBudget budget;

  // Of the current batch:
  GateTurn early_turn = GateTurn::open;
  std::vector<bool> substituted;  // [batch]: met a similar map, so it has other keys than those asked early
};

}  // namespace memo
