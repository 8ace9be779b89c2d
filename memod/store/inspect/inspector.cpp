#include "memod/store/inspect/inspector.h"

#include <fmt/format.h>

#include <chrono>

#include "memod/store/leases/read_lease.h"

namespace memo {
namespace {

// Slots that one page examines, live or not.
constexpr std::uint32_t kSlotsPerPage = 65536;
// The most that one page of a check reads, apart from its last memo: other requests wait meanwhile.
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

std::string Inspector::durability() const {
  if (state_.table_damage.is_known())
    return "damaged while in use: takes memos where it has room, and may be refused when opened again";
  if (state_.pool->on_dax()) return "power-fail safe (DAX)";
  if (state_.options.sync_interval.count() == 0) return "survives process crashes; not power loss (no DAX)";
  if (sync_.failed()) return "survives process crashes; not power loss (no DAX, and the last sync failed)";
  const auto age = sync_.age();
  if (!age) return "survives process crashes; not yet power loss (no DAX, the first sync is to come)";
  return fmt::format("survives process crashes, and power loss up to {:.1f} s ago (no DAX, synced every {:.1f} s)",
                     std::chrono::duration<double>(*age).count(),
                     std::chrono::duration<double>(state_.options.sync_interval).count());
}

StoreStats Inspector::stats() const {
  const layout::Root& root = state_.pool->root();
  StoreStats stats;
  stats.pool_path = state_.options.path;
  stats.pool_uuid = Digest{root.uuid_high, root.uuid_low}.hex();
  stats.layout_version = root.version;
  stats.pool_bytes = state_.pool->file_bytes();
  stats.opens = root.opens;
  stats.refused = state_.refused;
  stats.evicted = state_.evicted;
  stats.damaged = state_.damaged;
  stats.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - state_.opened).count();
  stats.durability = durability();
  stats.memory = pool_memory_.stats();
  const CatalogReadLock lock = state_.catalog.lock_shared();
  for (std::uint32_t id = 0; id < state_.catalog.spaces.size(); ++id) {
    if (!state_.catalog.spaces[id]) continue;  // is being replaced
    stats.spaces.push_back(space_stats(lock, SpaceId{id}, *state_.catalog.spaces[id]));
    stats.memos += stats.spaces.back().memos;
    stats.reserved_bytes += stats.spaces.back().reserved_bytes;
    stats.payload_bytes += state_.catalog.spaces[id]->payload_bytes;
  }
  return stats;
}

SpaceStats Inspector::space_stats(const CatalogLock&, SpaceId id, const SpaceCatalog& space) const {
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

StoreMemory Inspector::memory() const {
  StoreMemory memory{.catalog = state_.catalog.memory_bytes() + state_.free_slots.memory_bytes()};
  for (const auto& layer : state_.catalog.all_layers()) {
    const VectorIndexMemory index = layer->index.memory();
    memory.features += index.features;
    memory.links += index.links;
    memory.index_other += index.other;
  }
  return memory;
}

MemoRecord Inspector::record(const CatalogLock&, SlotId slot) const {
  const layout::SlotHeader& header = state_.pool->header(slot);
  return {.slot = slot.value,
          .space = SpaceId{state_.pool->extents()[slot.extent()].space},
          .layer = Layer{header.layer},
          .key = {header.key_high, header.key_low},
          .generation = state_.pool->state_word(slot).load(std::memory_order_relaxed),
          .length = header.length,
          .payload_bytes = header.payload_bytes,
          .created_unix_ns = header.created_unix_ns,
          .hits = state_.catalog.slots.hits(slot),
          .usage = state_.decay.hits_at(state_.catalog.slots.usage(slot), state_.minute()),
          .pinned = state_.catalog.slots.is_pinned(slot)};
}

MemoPage Inspector::list(std::uint64_t cursor, std::uint32_t limit) const {
  MemoPage page;
  const CatalogReadLock lock = state_.catalog.lock_shared();
  SlotId slot;
  for (std::uint32_t seen = 0; state_.catalog.slots.next(cursor, slot); ++seen) {
    page.next = slot.value;
    if (page.memos.size() >= limit || seen == kSlotsPerPage) return page;
    // What a damaged header says of its memo is not known.
    if (state_.catalog.slots.is_live(slot) && state_.pool->sound_header(slot))
      page.memos.push_back(record(lock, slot));
    cursor = slot.value + 1;
  }
  page.next = 0;
  return page;
}

// The slot is leased and the lock given up before the slot is read: publishers can continue, and the bytes stay
// the memo's.
CheckPage Inspector::check(std::uint64_t cursor, std::uint32_t limit, bool repair) {
  CheckPage page;
  {
    ReadLease lease(state_.leased_slots);
    SlotId slot;
    const auto end = std::chrono::steady_clock::now() + kTimePerPage;
    const auto is_full = [&](std::uint32_t seen) {
      return page.checked >= limit || seen == kSlotsPerPage || page.bytes >= kBytesPerPage ||
             (page.checked > 0 && std::chrono::steady_clock::now() >= end);
    };
    for (std::uint32_t seen = 0;; ++seen) {
      bool live = false;
      {
        const CatalogReadLock lock = state_.catalog.lock_shared();
        page.next = 0;
        if (!state_.catalog.slots.next(cursor, slot)) break;
        page.next = slot.value;
        if (is_full(seen)) break;
        live = state_.catalog.slots.is_live(slot);
        if (live) lease.take(slot);
      }
      if (live && !check_leased(slot, page) && repair) reclaimer_.discard_damaged(slot);
      cursor = slot.value + 1;
    }
  }
  reclaimer_.reclaim();
  return page;
}

bool Inspector::check_leased(SlotId slot, CheckPage& page) const {
  const layout::SlotHeader& header = state_.pool->header(slot);
  page.checked += 1;
  page.bytes += state_.pool->payload(slot).size();
  const Status status = state_.pool->check_memo(slot);
  if (status) return true;
  page.damage.push_back(fmt::format("extent {} slot {}, layer {}, key {}: {}", slot.extent(), slot.index(),
                                    header.layer, Key{header.key_high, header.key_low}.hex(), status.message()));
  return false;
}

Result<MemoDetail> Inspector::show(SpaceId space, Layer layer, const Key& key) const {
  const CatalogReadLock lock = state_.catalog.lock_shared();
  MEMO_ASSIGN_OR_RETURN(const SlotId slot, state_.slot_of(lock, space, layer, key));
  if (!state_.pool->sound_header(slot))
    return Status(StatusCode::corrupt, fmt::format("the memo with key {} is damaged", key.hex()));
  const std::span<const float> feature = state_.pool->feature(slot);
  return MemoDetail{.record = record(lock, slot),
                    .cost_us = state_.pool->header(slot).cost_us,
                    .penalty = state_.pool->penalty(slot),
                    .payload_checksum = state_.pool->header(slot).payload_checksum,
                    .feature = {feature.begin(), feature.end()}};
}

}  // namespace memo
