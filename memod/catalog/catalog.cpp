#include "memod/catalog/catalog.h"

#include <mutex>

namespace memo {

SpaceCatalog* Catalog::space(SpaceId id) const {
  const std::shared_lock lock(mutex);
  const auto index = static_cast<std::size_t>(id);
  return index < spaces.size() ? spaces[index].get() : nullptr;
}

std::optional<SpaceId> Catalog::find_space(const SpaceSpec& spec) const {
  const std::shared_lock lock(mutex);
  for (std::size_t index = 0; index < spaces.size(); ++index)
    if (spaces[index]->spec == spec) return SpaceId{static_cast<std::uint32_t>(index)};
  return std::nullopt;
}

void Catalog::add_space(const SpaceSpec& spec) {
  const std::unique_lock lock(mutex);
  spaces.push_back(std::make_unique<SpaceCatalog>(spec));
}

void Catalog::add_extent(SpaceId id, std::uint32_t slot_count, std::uint64_t bytes) {
  const std::unique_lock lock(mutex);
  slots.add_extent(slot_count);
  SpaceCatalog& space = *spaces[static_cast<std::size_t>(id)];
  space.slots += slot_count;
  space.reserved_bytes += bytes;
  space.newest_extent_slots = slot_count;
}

LayerCatalog* Catalog::find_layer(const SpaceCatalog& space, Layer layer) const {
  const std::shared_lock lock(mutex);
  const auto found = space.layers.find(layer);
  return found == space.layers.end() ? nullptr : found->second.get();
}

LayerCatalog& Catalog::layer(SpaceCatalog& space, Layer layer) {
  if (LayerCatalog* found = find_layer(space, layer)) return *found;
  const std::unique_lock lock(mutex);
  std::unique_ptr<LayerCatalog>& entry = space.layers[layer];
  if (!entry) entry = std::make_unique<LayerCatalog>(space.spec.feature_dimension);
  return *entry;
}

std::vector<LayerCatalog*> Catalog::all_layers() const {
  const std::shared_lock lock(mutex);
  std::vector<LayerCatalog*> all;
  for (const auto& space : spaces)
    for (const auto& [layer, catalog] : space->layers) all.push_back(catalog.get());
  return all;
}

bool Catalog::contains(const LayerCatalog& layer, const Key& key) const {
  const std::shared_lock lock(mutex);
  return layer.slots.contains(key);
}

bool Catalog::insert(SpaceCatalog& space, LayerCatalog& layer, const Key& key, SlotId slot,
                     std::uint64_t payload_bytes) {
  const std::unique_lock lock(mutex);
  if (!layer.slots.try_emplace(key, slot).second) return false;
  slots.set_live(slot, true);
  space.payload_bytes += payload_bytes;
  return true;
}

std::optional<SlotId> Catalog::remove(SpaceCatalog& space, LayerCatalog& layer, const Key& key, const Pool& pool) {
  const std::unique_lock lock(mutex);
  const auto found = layer.slots.find(key);
  if (found == layer.slots.end()) return std::nullopt;
  const SlotId slot = found->second;
  layer.slots.erase(found);
  slots.set_live(slot, false);
  space.payload_bytes -= pool.header(slot).payload_bytes;
  return slot;
}

}  // namespace memo
