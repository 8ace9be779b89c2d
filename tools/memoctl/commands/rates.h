// The events between two looks at a store.
#pragma once

#include <vector>

#include "tools/memoctl/commands/watch.h"

namespace memo {

// Units: events per second; 0 at the first look, and for a counter that fell (the pool was opened again).
struct LayerRates {
  SpaceId space{};
  LayerStats layer;  // now
  double lookups = 0;
  double exact_hits = 0;
  double similar_hits = 0;
  double published = 0;
};

struct StoreRates {
  std::vector<LayerRates> layers;  // of all spaces
  LayerRates total;                // its layer: the sums of the counters
  double refused = 0;
  double evicted = 0;
};

StoreRates rates_of(const Look& look);

}  // namespace memo
