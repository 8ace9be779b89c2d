#include "memod/store/state/state.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "client/request_rules.h"

namespace memo {
namespace {

std::string lost_pool(const std::string& path) {
  return fmt::format("pool {} was truncated under way, or its storage failed", path);
}

// Made before, as a signal handler writes it.
std::string last_words(const std::string& path) {
  return fmt::format("{}: {}\n", program_invocation_short_name, lost_pool(path));
}

}  // namespace

StoreState::StoreState(const StoreOptions& in_options, std::unique_ptr<Pool> in_pool)
    : options(in_options),
      decay(static_cast<double>(in_options.eviction.half_life.count())),
      pool(std::move(in_pool)),
      guard({pool->base(), pool->file_bytes()}, in_options.on_lost_pool, last_words(in_options.path)),
      catalog(*pool, in_options.index_options()),
      table_damage(in_options.path, in_options.log) {}

Status StoreState::usable() const {
  if (!guard.has_faulted()) return Status::ok();
  return {StatusCode::unavailable, lost_pool(options.path)};
}

Result<SpaceRef> StoreState::space(SpaceId id) const {
  if (SpaceRef found = catalog.space(id)) return found;
  return unknown_space(id);
}

Result<SlotId> StoreState::slot_of(const CatalogLock&, SpaceId id, Layer layer, const Key& key) const {
  const auto index = static_cast<std::size_t>(id);
  if (index >= catalog.spaces.size() || !catalog.spaces[index]) return unknown_space(id);
  const SpaceCatalog& space = *catalog.spaces[index];
  const auto found = space.layers.find(layer);
  if (found != space.layers.end())
    if (const auto slot = found->second->slots.find(key)) return *slot;
  return Status(StatusCode::not_found, fmt::format("no memo with key {} in layer {} of space {}", key.hex(),
                                                   static_cast<std::uint32_t>(layer), index));
}

bool StoreState::is_memo_of(const CatalogLock&, const LayerCatalog& layer, SlotId slot) const {
  return catalog.slots.is_live(slot) && catalog.slots.space(slot.extent()) == layer.space &&
         Layer{pool->header(slot).layer} == layer.layer;
}

bool StoreState::in_grace() const {
  return std::chrono::steady_clock::now() - opened < options.restart_grace;
}

}  // namespace memo
