#include "tools/memoctl/output/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/memoctl/output/space_use.h"

namespace memo {
namespace {

using nlohmann::json;

json space_json(const SpaceStats& space) {
  return {{"id", static_cast<std::uint32_t>(space.id)},
          {"model", space.spec.model.hex()},
          {"kind", to_string(space.spec.kind)},
          {"encoding", to_string(space.spec.encoding)},
          {"length_bucket", space.spec.length_bucket},
          {"heads", space.spec.heads},
          {"feature_dimension", space.spec.feature_dimension},
          {"payload_bytes", space.spec.payload_bytes},
          {"memos", space.memos},
          {"slots", space.slots},
          {"reserved_bytes", space.reserved_bytes},
          {"stranded_bytes", stranded_bytes(space)},
          {"quota_bytes", space.quota_bytes},
          {"empty_layer_lookups", space.empty_layer_lookups},
          {"users", space.users}};
}

json layer_json(const SpaceStats& space, const LayerStats& layer) {
  return {{"space", static_cast<std::uint32_t>(space.id)},
          {"layer", static_cast<std::uint32_t>(layer.layer)},
          {"memos", layer.memos},
          {"lookups", layer.lookups},
          {"exact_hits", layer.exact_hits},
          {"similar_hits", layer.similar_hits},
          {"published", layer.published},
          {"duplicates", layer.duplicates}};
}

json memory_json(const PoolMemoryStats& memory) {
  return {{"backing", memory.backing},
          {"numa", memory.numa},
          {"huge_page_setting", memory.huge_page_setting},
          {"present_bytes", memory.present_bytes},
          {"huge_bytes", memory.huge_bytes},
          {"page_table_bytes", memory.page_table_bytes},
          {"prefault_bytes", memory.prefault_bytes},
          {"prefaulted_bytes", memory.prefaulted_bytes},
          {"huge_page_failures", memory.huge_page_failures}};
}

}  // namespace

json spaces_json(const StoreStats& stats) {
  json spaces = json::array();
  for (const SpaceStats& space : stats.spaces) spaces.push_back(space_json(space));
  return {{"spaces", spaces}};
}

json info_json(const StoreStats& stats) {
  json info = {{"pool", stats.pool_path},
               {"uuid", stats.pool_uuid},
               {"layout_version", stats.layout_version},
               {"durability", stats.durability},
               {"memory", memory_json(stats.memory)},
               {"pool_bytes", stats.pool_bytes},
               {"reserved_bytes", stats.reserved_bytes},
               {"payload_bytes", stats.payload_bytes},
               {"stranded_bytes", stranded_bytes(stats)},
               {"memos", stats.memos},
               {"refused", stats.refused},
               {"evicted", stats.evicted},
               {"damaged", stats.damaged},
               {"opens", stats.opens},
               {"uptime_s", stats.uptime_s},
               {"sessions", stats.sessions}};
  if (stats.pool_bytes > 0)
    info["stranded_share"] = static_cast<double>(stranded_bytes(stats)) / static_cast<double>(stats.pool_bytes);
  info.update(spaces_json(stats));
  return info;
}

json stat_json(const StoreStats& stats) {
  json layers = json::array();
  for (const SpaceStats& space : stats.spaces)
    for (const LayerStats& layer : space.layers) layers.push_back(layer_json(space, layer));
  return {{"layers", layers},
          {"memos", stats.memos},
          {"refused", stats.refused},
          {"evicted", stats.evicted},
          {"damaged", stats.damaged},
          {"stranded_bytes", stranded_bytes(stats)},
          {"uptime_s", stats.uptime_s},
          {"pool_bytes", stats.pool_bytes},
          {"durability", stats.durability},
          {"memory", memory_json(stats.memory)}};
}

json memo_json(const MemoRecord& memo) {
  return {{"key", memo.key.hex()},
          {"space", static_cast<std::uint32_t>(memo.space)},
          {"layer", static_cast<std::uint32_t>(memo.layer)},
          {"slot", memo.slot},
          {"generation", memo.generation},
          {"length", memo.length},
          {"payload_bytes", memo.payload_bytes},
          {"created_unix_ns", memo.created_unix_ns},
          {"hits", memo.hits},
          {"usage", memo.usage},
          {"pinned", memo.pinned}};
}

json detail_json(const MemoDetail& memo, const SpaceStats& space) {
  json detail = memo_json(memo.record);
  detail["cost_us"] = memo.cost_us;
  detail["penalty"] = memo.penalty;
  // As text: a program that reads numbers as doubles would lose its low bits.
  detail["payload_checksum"] = fmt::format("{:016x}", memo.payload_checksum);
  detail["feature"] = memo.feature;
  detail["model"] = space.spec.model.hex();
  detail["kind"] = to_string(space.spec.kind);
  detail["encoding"] = to_string(space.spec.encoding);
  detail["heads"] = space.spec.heads;
  return detail;
}

}  // namespace memo
