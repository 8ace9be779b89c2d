#include "memod/store/upkeep/upkeep.h"

namespace memo {
namespace {

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr std::chrono::milliseconds kForLeasesToEnd{50};

}  // namespace

Maintenance::Next Upkeep::step(const std::stop_token& stop) {
  if (parts_.state.guard.has_faulted()) return std::nullopt;
  parts_.reclaimer.reclaim();
  const bool draining = tend_extents();
  parts_.growth.grow_ahead(stop);
  const bool more = build_indexes();
  const auto snapshot = parts_.indexes.until_due();
  if (snapshot && snapshot->count() == 0) parts_.indexes.save();
  if (more) return kAtOnce;
  if (draining || parts_.state.leased_slots.any_deferred()) return kForLeasesToEnd;
  return snapshot;
}

bool Upkeep::tend_extents() {
  const GrowthLock growth = parts_.state.lock_growth();
  if (parts_.drain.is_active(growth)) parts_.drain.step(growth);
  parts_.evictor.make_room(growth);
  const bool draining = parts_.drain.is_active(growth);
  parts_.usage.save_when_due(growth);
  return draining;
}

bool Upkeep::build_indexes() {
  bool more = false;
  for (const auto& layer : parts_.state.catalog.all_layers()) more |= layer->index.maintain();
  return more;
}

}  // namespace memo
