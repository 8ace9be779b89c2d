// LayerInput: the input of one call of memoized attention: a batch at the input of a layer.
#pragma once

#include <cstdint>
#include <vector>

#include "model/engine/attention_source.h"
#include "model/memo/feature_table.h"
#include "model/memo/lineage.h"
#include "model/memo/selection/memo_counters.h"
#include "model/memo/selection/online_selection.h"
#include "model/memo/selection/saving_estimate.h"

namespace memo {

struct LayerInput {
  std::size_t layer;
  const LayerStates& states;
  std::vector<Lineage>& lineages;  // [batch]
  FeatureTable& features;
  LayerCounters& counters;
  PartSeconds& seconds;
  OnlineSelection& selection;
  const SavingEstimate& saving;

  std::size_t size() const { return lineages.size(); }
  std::uint32_t length(std::size_t sequence) const { return states.length(sequence); }
  Key key(std::size_t sequence) const { return lineages[sequence].key(static_cast<Layer>(layer)); }
};

}  // namespace memo
