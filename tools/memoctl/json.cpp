#include "tools/memoctl/json.h"

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
          {"reserved_bytes", space.reserved_bytes}};
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

json memo_json(const MemoRecord& memo) {
  return {{"key", memo.key.hex()},
          {"space", static_cast<std::uint32_t>(memo.space)},
          {"layer", static_cast<std::uint32_t>(memo.layer)},
          {"slot", memo.slot},
          {"generation", memo.generation},
          {"length", memo.length},
          {"payload_bytes", memo.payload_bytes},
          {"created_unix_ns", memo.created_unix_ns},
          {"hits", memo.hits}};
}

}  // namespace

json info_json(const StoreStats& stats) {
  json spaces = json::array();
  for (const SpaceStats& space : stats.spaces) spaces.push_back(space_json(space));
  return {{"pool", stats.pool_path},
          {"uuid", stats.pool_uuid},
          {"layout_version", stats.layout_version},
          {"durability", stats.durability},
          {"pool_bytes", stats.pool_bytes},
          {"reserved_bytes", stats.reserved_bytes},
          {"payload_bytes", stats.payload_bytes},
          {"memos", stats.memos},
          {"refused", stats.refused},
          {"opens", stats.opens},
          {"uptime_s", stats.uptime_s},
          {"sessions", stats.sessions},
          {"spaces", spaces}};
}

json stat_json(const StoreStats& stats) {
  json layers = json::array();
  for (const SpaceStats& space : stats.spaces)
    for (const LayerStats& layer : space.layers) layers.push_back(layer_json(space, layer));
  return {{"layers", layers}};
}

json memos_json(const std::vector<MemoRecord>& memos, std::size_t hidden) {
  json list = json::array();
  for (const MemoRecord& memo : memos) list.push_back(memo_json(memo));
  return {{"memos", list}, {"more", hidden}};
}

json check_json(const CheckTotal& total) {
  return {{"consistent", total.damage.empty()},
          {"checked", total.checked},
          {"bytes", total.bytes},
          {"damage", total.damage}};
}

}  // namespace memo
