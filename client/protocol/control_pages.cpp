#include "client/protocol/control_pages.h"

#include "client/protocol/control_codec.h"

namespace memo {
namespace {

std::string to_string(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

void write_layer(const LayerStats& layer, wire::LayerStats::Builder out) {
  out.setLayer(static_cast<std::uint32_t>(layer.layer));
  out.setMemos(layer.memos);
  out.setIndexed(layer.indexed);
  out.setTombstones(layer.tombstones);
  out.setLookups(layer.lookups);
  out.setExactHits(layer.exact_hits);
  out.setSimilarHits(layer.similar_hits);
  out.setPublished(layer.published);
  out.setDuplicates(layer.duplicates);
}

LayerStats read_layer(wire::LayerStats::Reader layer) {
  return {.layer = Layer{layer.getLayer()},
          .memos = layer.getMemos(),
          .indexed = layer.getIndexed(),
          .tombstones = layer.getTombstones(),
          .lookups = layer.getLookups(),
          .exact_hits = layer.getExactHits(),
          .similar_hits = layer.getSimilarHits(),
          .published = layer.getPublished(),
          .duplicates = layer.getDuplicates()};
}

void write_space(const SpaceStats& space, wire::SpaceStats::Builder out) {
  out.setId(static_cast<std::uint32_t>(space.id));
  write_spec(space.spec, out.initSpec());
  out.setMemos(space.memos);
  out.setSlots(space.slots);
  out.setReservedBytes(space.reserved_bytes);
  out.setQuotaBytes(space.quota_bytes);
  out.setEmptyLayerLookups(space.empty_layer_lookups);
  out.setUsers(space.users);
  auto layers = out.initLayers(static_cast<unsigned>(space.layers.size()));
  for (unsigned i = 0; i < layers.size(); ++i) write_layer(space.layers[i], layers[i]);
}

SpaceStats read_space(wire::SpaceStats::Reader space) {
  SpaceStats out{.id = SpaceId{space.getId()},
                 .spec = read_spec(space.getSpec()),
                 .memos = space.getMemos(),
                 .slots = space.getSlots(),
                 .reserved_bytes = space.getReservedBytes(),
                 .quota_bytes = space.getQuotaBytes(),
                 .empty_layer_lookups = space.getEmptyLayerLookups(),
                 .users = space.getUsers(),
                 .layers = {}};
  for (const auto layer : space.getLayers()) out.layers.push_back(read_layer(layer));
  return out;
}

void write_record(const MemoRecord& memo, wire::MemoRecord::Builder out) {
  out.setSlot(memo.slot);
  out.setSpace(static_cast<std::uint32_t>(memo.space));
  out.setLayer(static_cast<std::uint32_t>(memo.layer));
  write_digest(memo.key, out.initKey());
  out.setGeneration(memo.generation);
  out.setLength(memo.length);
  out.setPayloadBytes(memo.payload_bytes);
  out.setCreatedUnixNs(memo.created_unix_ns);
  out.setHits(memo.hits);
  out.setUsage(memo.usage);
  out.setPinned(memo.pinned);
}

MemoRecord read_record(wire::MemoRecord::Reader memo) {
  return {.slot = memo.getSlot(),
          .space = SpaceId{memo.getSpace()},
          .layer = Layer{memo.getLayer()},
          .key = read_digest(memo.getKey()),
          .generation = memo.getGeneration(),
          .length = memo.getLength(),
          .payload_bytes = memo.getPayloadBytes(),
          .created_unix_ns = memo.getCreatedUnixNs(),
          .hits = memo.getHits(),
          .usage = memo.getUsage(),
          .pinned = memo.getPinned()};
}

void write_memory(const PoolMemoryStats& memory, wire::PoolMemory::Builder out) {
  out.setBacking(memory.backing);
  out.setNuma(memory.numa);
  out.setHugePageSetting(memory.huge_page_setting);
  out.setPresentBytes(memory.present_bytes);
  out.setHugeBytes(memory.huge_bytes);
  out.setPageTableBytes(memory.page_table_bytes);
  out.setPrefaultBytes(memory.prefault_bytes);
  out.setPrefaultedBytes(memory.prefaulted_bytes);
  out.setHugePageFailures(memory.huge_page_failures);
}

PoolMemoryStats read_memory(wire::PoolMemory::Reader memory) {
  return {.backing = to_string(memory.getBacking()),
          .numa = to_string(memory.getNuma()),
          .huge_page_setting = to_string(memory.getHugePageSetting()),
          .present_bytes = memory.getPresentBytes(),
          .huge_bytes = memory.getHugeBytes(),
          .page_table_bytes = memory.getPageTableBytes(),
          .prefault_bytes = memory.getPrefaultBytes(),
          .prefaulted_bytes = memory.getPrefaultedBytes(),
          .huge_page_failures = memory.getHugePageFailures()};
}

}  // namespace

void write_stats_page(const StatsPage& page, wire::Stats::Builder out) {
  const StoreStats& stats = page.stats;
  out.setPoolPath(stats.pool_path);
  out.setPoolUuid(stats.pool_uuid);
  out.setLayoutVersion(stats.layout_version);
  out.setPoolBytes(stats.pool_bytes);
  out.setReservedBytes(stats.reserved_bytes);
  out.setPayloadBytes(stats.payload_bytes);
  out.setMemos(stats.memos);
  out.setOpens(stats.opens);
  out.setSessions(stats.sessions);
  out.setRefused(stats.refused);
  out.setEvicted(stats.evicted);
  out.setDamaged(stats.damaged);
  out.setUptimeSeconds(stats.uptime_s);
  out.setDurability(stats.durability);
  write_memory(stats.memory, out.initMemory());
  auto spaces = out.initSpaces(static_cast<unsigned>(stats.spaces.size()));
  for (unsigned i = 0; i < spaces.size(); ++i) write_space(stats.spaces[i], spaces[i]);
  out.setNext(page.next);
}

Result<StatsPage> read_stats_page(wire::Stats::Reader page) {
  StatsPage out{.stats = {.pool_path = to_string(page.getPoolPath()),
                          .pool_uuid = to_string(page.getPoolUuid()),
                          .layout_version = page.getLayoutVersion(),
                          .pool_bytes = page.getPoolBytes(),
                          .reserved_bytes = page.getReservedBytes(),
                          .payload_bytes = page.getPayloadBytes(),
                          .memos = page.getMemos(),
                          .opens = page.getOpens(),
                          .sessions = page.getSessions(),
                          .refused = page.getRefused(),
                          .evicted = page.getEvicted(),
                          .damaged = page.getDamaged(),
                          .uptime_s = page.getUptimeSeconds(),
                          .durability = to_string(page.getDurability()),
                          .memory = read_memory(page.getMemory()),
                          .spaces = {}},
                .next = page.getNext()};
  for (const auto space : page.getSpaces()) {
    out.stats.spaces.push_back(read_space(space));
    MEMO_RETURN_IF_ERROR(out.stats.spaces.back().spec.validate());
  }
  return out;
}

void write_memo_page(const MemoPage& page, wire::MemoPage::Builder out) {
  auto memos = out.initMemos(static_cast<unsigned>(page.memos.size()));
  for (unsigned i = 0; i < memos.size(); ++i) write_record(page.memos[i], memos[i]);
  out.setNext(page.next);
}

MemoPage read_memo_page(wire::MemoPage::Reader page) {
  MemoPage out{.memos = {}, .next = page.getNext()};
  for (const auto memo : page.getMemos()) out.memos.push_back(read_record(memo));
  return out;
}

void write_check_page(const CheckPage& page, wire::CheckPage::Builder out) {
  out.setChecked(page.checked);
  out.setBytes(page.bytes);
  auto damage = out.initDamage(static_cast<unsigned>(page.damage.size()));
  for (unsigned i = 0; i < damage.size(); ++i) damage.set(i, page.damage[i]);
  out.setNext(page.next);
}

CheckPage read_check_page(wire::CheckPage::Reader page) {
  CheckPage out{.checked = page.getChecked(), .bytes = page.getBytes(), .damage = {}, .next = page.getNext()};
  for (const auto finding : page.getDamage()) out.damage.push_back(to_string(finding));
  return out;
}

void write_memo_detail(const MemoDetail& memo, wire::MemoDetail::Builder out) {
  write_record(memo.record, out.initRecord());
  out.setCostUs(memo.cost_us);
  out.setPenalty(memo.penalty);
  out.setPayloadChecksum(memo.payload_checksum);
  auto feature = out.initFeature(static_cast<unsigned>(memo.feature.size()));
  for (unsigned i = 0; i < feature.size(); ++i) feature.set(i, memo.feature[i]);
}

MemoDetail read_memo_detail(wire::MemoDetail::Reader memo) {
  MemoDetail out{.record = read_record(memo.getRecord()),
                 .cost_us = memo.getCostUs(),
                 .penalty = memo.getPenalty(),
                 .payload_checksum = memo.getPayloadChecksum(),
                 .feature = {}};
  for (const float value : memo.getFeature()) out.feature.push_back(value);
  return out;
}

}  // namespace memo
