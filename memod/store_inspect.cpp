#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>

#include "memod/read_lease.h"
#include "memod/store_impl.h"

namespace memo {
namespace {

// Slots that one page looks at, live or not.
constexpr std::uint32_t kSlotsPerPage = 65536;
// What one page of a check reads at most, but for its last memo: whoever asked for it holds up others meanwhile.
constexpr std::uint64_t kBytesPerPage = 64 << 20;
constexpr std::chrono::milliseconds kTimePerPage{100};

LayerStats layer_stats(Layer layer, const LayerCatalog& catalog) {
  const VectorIndexStats index = catalog.index.stats();
  return {.layer = layer,
          .memos = catalog.slots.size(),
          .indexed = index.live - index.tail,
          .tombstones = index.removed_nodes,
          .lookups = catalog.lookups,
          .exact_hits = catalog.exact_hits,
          .similar_hits = catalog.similar_hits,
          .published = catalog.published,
          .duplicates = catalog.duplicates};
}

}  // namespace

std::string Store::Impl::durability() const {
  if (tables_damaged_)
    return "damaged while in use: takes memos where it has room, and may be refused when opened again";
  if (pool_->on_dax()) return "power-fail safe (DAX)";
  if (options_.sync_interval.count() == 0) return "survives process crashes; not power loss (no DAX)";
  if (sync_.failed()) return "survives process crashes; not power loss (no DAX, and the last sync failed)";
  const auto age = sync_.age();
  if (!age) return "survives process crashes; not yet power loss (no DAX, the first sync is to come)";
  return fmt::format("survives process crashes, and power loss up to {:.1f} s ago (no DAX, synced every {:.1f} s)",
                     std::chrono::duration<double>(*age).count(),
                     std::chrono::duration<double>(options_.sync_interval).count());
}

StoreStats Store::Impl::stats() const {
  const layout::Root& root = pool_->root();
  StoreStats stats;
  stats.pool_path = options_.path;
  stats.pool_uuid = Digest{root.uuid_high, root.uuid_low}.hex();
  stats.layout_version = root.version;
  stats.pool_bytes = pool_->file_bytes();
  stats.opens = root.opens;
  stats.refused = refused_;
  stats.evicted = evicted_;
  stats.damaged = damaged_;
  stats.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - opened_).count();
  stats.durability = durability();
  stats.memory = memory_.stats();
  const std::shared_lock lock(catalog_.mutex);
  for (std::uint32_t id = 0; id < catalog_.spaces.size(); ++id) {
    if (!catalog_.spaces[id]) continue;  // is being replaced
    stats.spaces.push_back(space_stats(SpaceId{id}, *catalog_.spaces[id]));
    stats.memos += stats.spaces.back().memos;
    stats.reserved_bytes += stats.spaces.back().reserved_bytes;
    stats.payload_bytes += catalog_.spaces[id]->payload_bytes;
  }
  return stats;
}

SpaceStats Store::Impl::space_stats(SpaceId id, const SpaceCatalog& space) const {
  SpaceStats stats{.id = id,
                   .spec = space.spec,
                   .memos = space.memos,
                   .slots = space.slots,
                   .reserved_bytes = space.reserved_bytes,
                   .quota_bytes = space.quota_bytes,
                   .empty_layer_lookups = space.lookups_of_empty_layers,
                   .users = space.users,
                   .layers = {}};
  for (const auto& [layer, catalog] : space.layers) stats.layers.push_back(layer_stats(layer, *catalog));
  return stats;
}

StoreMemory Store::Impl::memory() const {
  StoreMemory memory{.catalog = catalog_.memory_bytes() + free_.memory_bytes()};
  for (const auto& layer : catalog_.all_layers()) {
    const VectorIndexMemory index = layer->index.memory();
    memory.features += index.features;
    memory.links += index.links;
    memory.index_other += index.other;
  }
  return memory;
}

MemoRecord Store::Impl::record(SlotId slot) const {
  const layout::SlotHeader& header = pool_->header(slot);
  return {.slot = slot.value,
          .space = SpaceId{pool_->extents()[slot.extent()].space},
          .layer = Layer{header.layer},
          .key = {header.key_high, header.key_low},
          .generation = pool_->state_word(slot).load(std::memory_order_relaxed),
          .length = header.length,
          .payload_bytes = header.payload_bytes,
          .created_unix_ns = header.created_unix_ns,
          .hits = catalog_.slots.hits(slot),
          .usage = decay_.hits_at(catalog_.slots.usage(slot), minute()),
          .pinned = catalog_.slots.is_pinned(slot)};
}

MemoPage Store::Impl::list(std::uint64_t cursor, std::uint32_t limit) const {
  MemoPage page;
  const std::shared_lock lock(catalog_.mutex);
  SlotId slot;
  for (std::uint32_t seen = 0; catalog_.slots.next(cursor, slot); ++seen) {
    page.next = slot.value;
    if (page.memos.size() >= limit || seen == kSlotsPerPage) return page;
    // What a damaged header says of its memo is not known.
    if (catalog_.slots.is_live(slot) && pool_->sound_header(slot)) page.memos.push_back(record(slot));
    cursor = slot.value + 1;
  }
  page.next = 0;
  return page;
}

// A slot is leased before it is read and the lock is given up: publishers go on, and what is read stays the memo's.
CheckPage Store::Impl::check(std::uint64_t cursor, std::uint32_t limit, bool repair) {
  CheckPage page;
  {
    ReadLease lease(leased_);
    SlotId slot;
    const auto end = std::chrono::steady_clock::now() + kTimePerPage;
    const auto is_full = [&](std::uint32_t seen) {
      return page.checked >= limit || seen == kSlotsPerPage || page.bytes >= kBytesPerPage ||
             (page.checked > 0 && std::chrono::steady_clock::now() >= end);
    };
    for (std::uint32_t seen = 0;; ++seen) {
      bool live = false;
      {
        const std::shared_lock lock(catalog_.mutex);
        page.next = 0;
        if (!catalog_.slots.next(cursor, slot)) break;
        page.next = slot.value;
        if (is_full(seen)) break;
        live = catalog_.slots.is_live(slot);
        if (live) lease.take(slot);
      }
      if (live && !check_leased(slot, page) && repair)
        damaged_.fetch_add(discard(slot, Pinned::goes), std::memory_order_relaxed);
      cursor = slot.value + 1;
    }
  }
  reclaim();
  return page;
}

// False when the memo is damaged.
bool Store::Impl::check_leased(SlotId slot, CheckPage& page) const {
  const layout::SlotHeader& header = pool_->header(slot);
  page.checked += 1;
  page.bytes += pool_->payload(slot).size();
  const Status status = pool_->check_memo(slot);
  if (status) return true;
  page.damage.push_back(fmt::format("extent {} slot {}, layer {}, key {}: {}", slot.extent(), slot.index(),
                                    header.layer, Key{header.key_high, header.key_low}.hex(), status.message()));
  return false;
}

// The slot that the key leads to. Requires: the catalog's lock, shared.
Result<SlotId> Store::Impl::slot_of(SpaceId id, Layer layer, const Key& key) const {
  const auto index = static_cast<std::size_t>(id);
  if (index >= catalog_.spaces.size() || !catalog_.spaces[index])
    return Status(StatusCode::invalid_argument, fmt::format("there is no space {} in this store", index));
  const SpaceCatalog& space = *catalog_.spaces[index];
  const auto found = space.layers.find(layer);
  if (found != space.layers.end())
    if (const auto slot = found->second->slots.find(key)) return *slot;
  return Status(StatusCode::not_found, fmt::format("no memo with key {} in layer {} of space {}", key.hex(),
                                                   static_cast<std::uint32_t>(layer), index));
}

Result<MemoDetail> Store::Impl::show(SpaceId space, Layer layer, const Key& key) const {
  const std::shared_lock lock(catalog_.mutex);
  const Result<SlotId> slot = slot_of(space, layer, key);
  if (!slot) return slot.status();
  if (!pool_->sound_header(*slot))
    return Status(StatusCode::corrupt, fmt::format("the memo with key {} is damaged", key.hex()));
  const std::span<const float> feature = pool_->feature(*slot);
  return MemoDetail{.record = record(*slot),
                    .cost_us = pool_->header(*slot).cost_us,
                    .penalty = pool_->penalty(*slot),
                    .payload_checksum = pool_->header(*slot).payload_checksum,
                    .feature = {feature.begin(), feature.end()}};
}

// Under the growth lock, too: a memo is moved under it, and its copy would keep the pin that it was written with.
Status Store::Impl::set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) {
  const std::lock_guard growth(growth_mutex_);
  const std::unique_lock lock(catalog_.mutex);
  const Result<SlotId> slot = slot_of(space, layer, key);
  if (!slot) return slot.status();
  catalog_.slots.set_pinned(*slot, pinned);
  pool_->set_pinned(*slot, pinned);
  return Status::ok();
}

}  // namespace memo
