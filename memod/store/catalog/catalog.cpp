#include "memod/store/catalog/catalog.h"

namespace memo {

Catalog::Catalog(const Pool& in_pool, const VectorIndexOptions& in_index_options)
    : pool(in_pool), index_options(in_index_options), key_seed(random_seed()) {}

SpaceRef Catalog::space(SpaceId id) const {
  const CatalogReadLock lock = lock_shared();
  const auto index = static_cast<std::size_t>(id);
  return index < spaces.size() && spaces[index] ? SpaceRef(spaces[index]) : SpaceRef();
}

std::optional<SpaceId> Catalog::find_space(const SpaceSpec& spec) const {
  const CatalogReadLock lock = lock_shared();
  for (std::size_t index = 0; index < spaces.size(); ++index)
    if (spaces[index] && spaces[index]->spec == spec) return SpaceId{static_cast<std::uint32_t>(index)};
  return std::nullopt;
}

void Catalog::add_space(const SpaceSpec& spec, std::uint64_t quota_bytes) {
  const CatalogWriteLock lock = lock_exclusive();
  spaces.push_back(std::make_shared<SpaceCatalog>(SpaceId{static_cast<std::uint32_t>(spaces.size())}, spec));
  spaces.back()->quota_bytes = quota_bytes;
}

// Holds the lock exclusively. A thread that gets a reference holds it shared, so no reference appears between the
// check and the removal.
std::optional<SpaceId> Catalog::take_unused_space() {
  const CatalogWriteLock lock = lock_exclusive();
  for (std::shared_ptr<SpaceCatalog>& space : spaces) {
    if (!space || space->references > 0 || space->reserved_bytes > 0) continue;
    const SpaceId id = space->id;
    space.reset();
    return id;
  }
  return std::nullopt;
}

void Catalog::put_space(SpaceId id, const SpaceSpec& spec) {
  const CatalogWriteLock lock = lock_exclusive();
  spaces[static_cast<std::size_t>(id)] = std::make_shared<SpaceCatalog>(id, spec);
}

void Catalog::add_extent(SpaceId id, std::uint32_t extent, std::uint32_t slot_count, std::uint64_t bytes) {
  const CatalogWriteLock lock = lock_exclusive();
  slots.add_extent(extent, id, slot_count);
  SpaceCatalog& space = *spaces[static_cast<std::size_t>(id)];
  space.slots += slot_count;
  space.reserved_bytes += bytes;
  space.newest_extent_slots = slot_count;
}

void Catalog::remove_extent(std::uint32_t extent, std::uint64_t bytes) {
  const CatalogWriteLock lock = lock_exclusive();
  SpaceCatalog& space = *spaces[static_cast<std::size_t>(slots.space(extent))];
  space.slots -= slots.slots(extent);
  space.reserved_bytes -= bytes;
  slots.remove_extent(extent);
}

std::uint64_t Catalog::reserved_bytes(SpaceId id) const {
  const CatalogReadLock lock = lock_shared();
  return spaces[static_cast<std::size_t>(id)]->reserved_bytes;
}

LayerCatalog* Catalog::find_layer(const SpaceCatalog& space, Layer layer) const {
  const CatalogReadLock lock = lock_shared();
  const auto found = space.layers.find(layer);
  return found == space.layers.end() ? nullptr : found->second.get();
}

LayerCatalog& Catalog::layer(SpaceCatalog& space, Layer layer) {
  if (LayerCatalog* found = find_layer(space, layer)) return *found;
  const CatalogWriteLock lock = lock_exclusive();
  std::unique_ptr<LayerCatalog>& entry = space.layers[layer];
  VectorIndexOptions options = index_options;
  options.dimension = std::max(space.spec.feature_dimension, 1u);  // without features nothing is added to it
  if (!entry) entry = std::make_unique<LayerCatalog>(space.id, layer, KeyMap(pool, key_seed), options);
  return *entry;
}

std::vector<std::shared_ptr<LayerCatalog>> Catalog::all_layers() const {
  const CatalogReadLock lock = lock_shared();
  std::vector<std::shared_ptr<LayerCatalog>> all;
  for (const auto& space : spaces) {
    if (!space) continue;
    for (const auto& [layer, catalog] : space->layers) all.emplace_back(space, catalog.get());
  }
  return all;
}

bool Catalog::contains(const LayerCatalog& layer, const Key& key) const {
  const CatalogReadLock lock = lock_shared();
  return layer.slots.contains(key);
}

bool Catalog::insert(SpaceCatalog& space, LayerCatalog& layer, const Key& key, const LiveSlot& live) {
  const CatalogWriteLock lock = lock_exclusive();
  if (!layer.slots.insert(key, live.slot)) return false;
  slots.set_live(live.slot, live.usage, live.pinned, live.verified);
  space.memos += 1;
  layer.changes += 1;
  if (live.penalized) layer.penalized = true;
  space.payload_bytes += live.payload_bytes;
  return true;
}

std::optional<SlotId> Catalog::remove(SpaceCatalog& space, LayerCatalog& layer, const Key& key) {
  const CatalogWriteLock lock = lock_exclusive();
  const auto slot = layer.slots.erase(key);
  if (!slot) return std::nullopt;
  layer.changes += 1;
  forget(space, *slot, pool.sound_header(*slot));
  return slot;
}

std::optional<Removed> Catalog::remove(SlotId slot, Pinned pinned) {
  const CatalogWriteLock lock = lock_exclusive();
  if (!slots.is_live(slot) || (slots.is_pinned(slot) && pinned == Pinned::stays)) return std::nullopt;
  const SpaceId id = slots.space(slot.extent());
  SpaceCatalog& space = *spaces[static_cast<std::size_t>(id)];
  const auto header = pool.sound_header(slot);
  LayerCatalog* const layer = forget_key(space, slot, header);
  if (layer == nullptr) return std::nullopt;
  layer->changes += 1;
  forget(space, slot, header);
  return Removed{id, layer};
}

// The layer that knew the slot. A damaged header does not say which.
LayerCatalog* Catalog::forget_key(SpaceCatalog& space, SlotId slot,
                                  const std::optional<layout::SlotHeader>& header) {
  if (header) {
    LayerCatalog& layer = *space.layers.at(Layer{header->layer});
    layer.slots.erase({header->key_high, header->key_low});
    return &layer;
  }
  for (const auto& [number, layer] : space.layers)
    if (layer->slots.erase(slot)) return layer.get();
  return nullptr;
}

// How many bytes a damaged memo had is unknown: they stay counted.
void Catalog::forget(SpaceCatalog& space, SlotId slot, const std::optional<layout::SlotHeader>& header) {
  slots.set_free(slot);
  space.memos -= 1;
  if (header) space.payload_bytes -= header->payload_bytes;
}

bool Catalog::replace(LayerCatalog& layer, const Key& key, SlotId from, const LiveSlot& live) {
  const CatalogWriteLock lock = lock_exclusive();
  if (!layer.slots.replace(key, from, live.slot)) return false;
  layer.changes += 1;
  slots.set_live(live.slot, live.usage, slots.is_pinned(from), live.verified);
  slots.set_free(from);
  return true;
}

std::size_t Catalog::memory_bytes() const {
  const CatalogReadLock lock = lock_shared();
  std::size_t bytes = sizeof(*this) + slots.memory_bytes();
  for (const auto& space : spaces) {
    if (!space) continue;  // is being replaced
    for (const auto& [number, layer] : space->layers) bytes += sizeof(LayerCatalog) + layer->slots.memory_bytes();
  }
  return bytes;
}

}  // namespace memo
