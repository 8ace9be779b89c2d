#include "model/memo/selection/memo_counters.h"

namespace memo {

namespace {

constexpr std::uint64_t LayerCounters::*kCounters[] = {
    &LayerCounters::lookups,       &LayerCounters::gated,      &LayerCounters::probes,
    &LayerCounters::over_deadline, &LayerCounters::exact_hits, &LayerCounters::similar_hits,
    &LayerCounters::blended,       &LayerCounters::published,  &LayerCounters::dropped,
    &LayerCounters::not_admitted,  &LayerCounters::revoked,    &LayerCounters::computed,
    &LayerCounters::fixed,         &LayerCounters::errors};
static_assert(sizeof(kCounters) / sizeof(kCounters[0]) * sizeof(std::uint64_t) == sizeof(LayerCounters),
              "every counter is listed");

}  // namespace

LayerCounters& LayerCounters::operator+=(const LayerCounters& other) {
  for (const auto counter : kCounters) this->*counter += other.*counter;
  return *this;
}

LayerCounters& LayerCounters::operator-=(const LayerCounters& before) {
  for (const auto counter : kCounters) this->*counter -= before.*counter;
  return *this;
}

PartSeconds& PartSeconds::operator-=(const PartSeconds& before) {
  embed -= before.embed;
  search -= before.search;
  read -= before.read;
  compute -= before.compute;
  publish -= before.publish;
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
