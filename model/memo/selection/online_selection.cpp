#include "model/memo/selection/online_selection.h"

namespace memo {
namespace {

WaitLimit wait_limit(const Policy& policy) {
  WaitLimit limit;
  limit.limited = policy.selection == Selection::online || policy.max_wait_ms > 0;
  limit.seconds = 1e-3 * static_cast<double>(policy.max_wait_ms);
  return limit;
}

}  // namespace

GateOptions gate_options(Selection selection) {
  GateOptions options;
  options.always_open = selection == Selection::fixed;
  return options;
}

OnlineSelection::OnlineSelection(const Policy& policy)
    : early(gate_options(policy.selection)),
      by_key(policy.layers.size(), LayerGate(gate_options(policy.selection))),
      by_similarity(by_key),
      budget(wait_limit(policy)) {}

}  // namespace memo
