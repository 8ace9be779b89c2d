#include "model/memo/memo_counters.h"

namespace memo {

LayerCounters& LayerCounters::operator+=(const LayerCounters& other) {
  lookups += other.lookups;
  gated += other.gated;
  probes += other.probes;
  over_deadline += other.over_deadline;
  exact_hits += other.exact_hits;
  similar_hits += other.similar_hits;
  blended += other.blended;
  published += other.published;
  dropped += other.dropped;
  not_admitted += other.not_admitted;
  revoked += other.revoked;
  computed += other.computed;
  fixed += other.fixed;
  errors += other.errors;
  return *this;
}

PartSeconds& PartSeconds::operator+=(const PartSeconds& other) {
  embed += other.embed;
  search += other.search;
  read += other.read;
  compute += other.compute;
  publish += other.publish;
  return *this;
}

}  // namespace memo
