#include "tools/memoctl/commands/rates.h"

#include <algorithm>

namespace memo {
namespace {

double rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return seconds <= 0 || now < before ? 0 : static_cast<double>(now - before) / seconds;
}

// The layer's counters at the look before; all 0 if the layer is new.
LayerStats earlier(const StoreStats& before, SpaceId space, Layer layer) {
  for (const SpaceStats& known : before.spaces) {
    if (known.id != space) continue;
    for (const LayerStats& stats : known.layers)
      if (stats.layer == layer) return stats;
  }
  return {};
}

LayerRates layer_rates(const Look& look, SpaceId space, const LayerStats& now) {
  const LayerStats before = earlier(look.before, space, now.layer);
  return {.space = space,
          .layer = now,
          .lookups = rate(now.lookups, before.lookups, look.seconds),
          .exact_hits = rate(now.exact_hits, before.exact_hits, look.seconds),
          .similar_hits = rate(now.similar_hits, before.similar_hits, look.seconds),
          .published = rate(now.published, before.published, look.seconds)};
}

void add(LayerRates& total, const LayerRates& part) {
  total.layer.memos += part.layer.memos;
  total.layer.lookups += part.layer.lookups;
  total.layer.exact_hits += part.layer.exact_hits;
  total.layer.similar_hits += part.layer.similar_hits;
  total.layer.published += part.layer.published;
  total.lookups += part.lookups;
  total.exact_hits += part.exact_hits;
  total.similar_hits += part.similar_hits;
  total.published += part.published;
}

}  // namespace

StoreRates rates_of(const Look& look) {
  StoreRates rates;
  for (const SpaceStats& space : look.now.spaces)
    for (const LayerStats& layer : space.layers) {
      rates.layers.push_back(layer_rates(look, space.id, layer));
      add(rates.total, rates.layers.back());
    }
  rates.refused = rate(look.now.refused, look.before.refused, look.seconds);
  rates.evicted = rate(look.now.evicted, look.before.evicted, look.seconds);
  return rates;
}

}  // namespace memo
