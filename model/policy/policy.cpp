#include "model/policy/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "client/settings/toml_table.h"
#include "embed/json/json_text.h"
#include "memo/memo_store.h"
#include "memo/types.h"

namespace memo {
namespace {

constexpr char kPolicyFormat[] = "memo-policy";
constexpr std::uint32_t kPolicyVersion = 1;
constexpr std::size_t kMaxBytes = 1 << 20;

Result<TomlTable> read_toml(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxBytes));
  return TomlTable::parse(text, path);
}

Status check_policy_format(const TomlTable& top) {
  std::string format;
  std::uint32_t version = 0;
  MEMO_RETURN_IF_ERROR(top.text("format", format));
  MEMO_RETURN_IF_ERROR(top.integer("version", 1, ~0u, version));
  if (format != kPolicyFormat)
    return {StatusCode::invalid_argument,
            fmt::format("{}: format is \"{}\", must be \"{}\"", top.path(), format, kPolicyFormat)};
  if (version != kPolicyVersion)
    return {StatusCode::invalid_argument,
            fmt::format("{}: version is {}, must be {}", top.path(), version, kPolicyVersion)};
  return Status::ok();
}

// Reads a number from 0 to a bound above every distance and time, as the policy's f32.
Status read_number(const TomlTable& table, const std::string& key, float& value) {
  constexpr double kMaxNumber = 1e30;
  double read = value;
  MEMO_RETURN_IF_ERROR(table.number(key, 0, kMaxNumber, read));
  value = static_cast<float>(read);
  return Status::ok();
}

// Names of files are relative to the policy's folder.
Status read_file_name(const TomlTable& top, const std::string& key, std::string& name) {
  MEMO_RETURN_IF_ERROR(top.text(key, name));
  if (!name.empty())
    name = (std::filesystem::absolute(top.path()).parent_path() / name).lexically_normal().string();
  return Status::ok();
}

Status read_digests(const TomlTable& top, PolicyDigests& digests) {
  const Result<std::optional<TomlTable>> table = top.table("digests");
  if (!table || !*table) return table.status();
  MEMO_RETURN_IF_ERROR((*table)->only({"embedder", "codebook", "calibration"}));
  MEMO_RETURN_IF_ERROR((*table)->text("embedder", digests.embedder));
  MEMO_RETURN_IF_ERROR((*table)->text("codebook", digests.codebook));
  return (*table)->text("calibration", digests.calibration);
}

Status read_mode(const TomlTable& table, HeadMode& mode) {
  std::string name(to_string(mode));
  MEMO_RETURN_IF_ERROR(table.text("mode", name));
  for (const HeadMode known : {HeadMode::compute, HeadMode::lookup, HeadMode::fixed}) {
    if (name != to_string(known)) continue;
    mode = known;
    return Status::ok();
  }
  return table.refuse("mode", "compute, lookup or fixed");
}

Status read_layer(const TomlTable& table, LayerPolicy& layer) {
  MEMO_RETURN_IF_ERROR(read_mode(table, layer.mode));
  MEMO_RETURN_IF_ERROR(read_number(table, "max_distance", layer.max_distance));
  MEMO_RETURN_IF_ERROR(table.integer("neighbours", 1, kMaxNeighbours, layer.neighbours));
  MEMO_RETURN_IF_ERROR(table.flag("publish", layer.publish));
  MEMO_RETURN_IF_ERROR(table.integers("compute_heads", 0, kMaxHeads - 1, layer.compute_heads));
  MEMO_RETURN_IF_ERROR(table.integers("lookup_heads", 0, kMaxHeads - 1, layer.lookup_heads));
  MEMO_RETURN_IF_ERROR(table.integers("fixed_heads", 0, kMaxHeads - 1, layer.fixed_heads));
  return table.text("map", layer.map);
}

Status read_encoding(const TomlTable& top, MapEncoding& encoding) {
  std::string name(to_string(encoding));
  MEMO_RETURN_IF_ERROR(top.text("encoding", name));
  for (const MapEncoding known : {MapEncoding::u8, MapEncoding::f16, MapEncoding::f32}) {
    if (name != to_string(known)) continue;
    encoding = known;
    return Status::ok();
  }
  return top.refuse("encoding", "u8, f16 or f32");
}

Status read_kinds(const TomlTable& top, ReusedKinds& kinds) {
  static constexpr std::string_view kKnown[] = {"output", "map"};
  std::vector<std::string> names(std::begin(kKnown), std::end(kKnown));
  MEMO_RETURN_IF_ERROR(top.choices("kinds", kKnown, names));
  kinds.output = std::ranges::find(names, "output") != names.end();
  kinds.map = std::ranges::find(names, "map") != names.end();
  return Status::ok();
}

Status read_selection(const TomlTable& top, Policy& policy) {
  std::string name = "online";
  MEMO_RETURN_IF_ERROR(top.text("selection", name));
  const Result<Selection> selection = selection_named(name);
  if (!selection) return top.refuse("selection", "online or fixed");
  policy.selection = *selection;
  // deadline_ms is the older name of max_wait_ms.
  MEMO_RETURN_IF_ERROR(read_number(top, "deadline_ms", policy.max_wait_ms));
  return read_number(top, "max_wait_ms", policy.max_wait_ms);
}

Status read_default(const TomlTable& top, std::vector<LayerPolicy>& layers) {
  const Result<std::optional<TomlTable>> table = top.table("default");
  if (!table || !*table) return table.status();
  MEMO_RETURN_IF_ERROR((*table)->only(
      {"mode", "max_distance", "neighbours", "publish", "map", "compute_heads", "lookup_heads", "fixed_heads"}));
  LayerPolicy layer;
  MEMO_RETURN_IF_ERROR(read_layer(**table, layer));
  std::fill(layers.begin(), layers.end(), layer);
  return Status::ok();
}

Status read_named_layer(const TomlTable& table, std::vector<LayerPolicy>& layers, std::vector<bool>& named) {
  MEMO_RETURN_IF_ERROR(table.only({"index", "mode", "max_distance", "neighbours", "publish", "map",
                                   "compute_heads", "lookup_heads", "fixed_heads"}));
  if (!table.has("index"))
    return {StatusCode::invalid_argument, fmt::format("{}: a [[layer]] has no index", table.path())};
  std::uint32_t index = 0;
  MEMO_RETURN_IF_ERROR(table.integer("index", 0, static_cast<std::int64_t>(layers.size()) - 1, index));
  if (named[index]) return table.refuse("index", "named once only");
  named[index] = true;
  return read_layer(table, layers[index]);
}

Status read_named_layers(const TomlTable& top, std::vector<LayerPolicy>& layers) {
  MEMO_ASSIGN_OR_RETURN(const std::vector<TomlTable> tables, top.tables("layer"));
  std::vector<bool> named(layers.size());
  for (const TomlTable& table : tables) MEMO_RETURN_IF_ERROR(read_named_layer(table, layers, named));
  return Status::ok();
}

Status check_fixed_layers(const Policy& policy, const std::string& path) {
  for (std::size_t i = 0; i < policy.layers.size(); ++i) {
    if (!policy.layers[i].has_fixed_heads()) continue;
    if (policy.layers[i].map.empty())
      return {StatusCode::invalid_argument, fmt::format("{}: layer {} is fixed, but names no map", path, i)};
    if (policy.codebook.empty())
      return {StatusCode::invalid_argument,
              fmt::format("{}: layer {} is fixed, but codebook is missing", path, i)};
  }
  return Status::ok();
}

Status read_policy(const TomlTable& top, Policy& policy) {
  MEMO_RETURN_IF_ERROR(check_policy_format(top));
  MEMO_RETURN_IF_ERROR(
      top.only({"format", "version", "length", "model", "embedder", "codebook", "calibration", "digests", "kinds",
                "encoding", "selection", "max_wait_ms", "deadline_ms", "default", "layer"}));
  if (!top.has("length")) return {StatusCode::invalid_argument, fmt::format("{}: length is missing", top.path())};
  MEMO_RETURN_IF_ERROR(top.integer("length", 2, kMaxLengthBucket, policy.length));
  MEMO_RETURN_IF_ERROR(top.text("model", policy.model));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "embedder", policy.embedder));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "codebook", policy.codebook));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "calibration", policy.calibration));
  MEMO_RETURN_IF_ERROR(read_digests(top, policy.digests));
  MEMO_RETURN_IF_ERROR(read_kinds(top, policy.kinds));
  MEMO_RETURN_IF_ERROR(read_encoding(top, policy.encoding));
  MEMO_RETURN_IF_ERROR(read_selection(top, policy));
  MEMO_RETURN_IF_ERROR(read_default(top, policy.layers));
  MEMO_RETURN_IF_ERROR(read_named_layers(top, policy.layers));
  return check_fixed_layers(policy, top.path());
}

}  // namespace

std::string_view to_string(MapEncoding encoding) {
  switch (encoding) {
    case MapEncoding::u8:
      return "u8";
    case MapEncoding::f16:
      return "f16";
    case MapEncoding::f32:
      return "f32";
  }
  return "u8";
}

std::string_view to_string(Selection selection) {
  return selection == Selection::online ? "online" : "fixed";
}

Result<Selection> selection_named(std::string_view name) {
  for (const Selection selection : {Selection::online, Selection::fixed})
    if (name == to_string(selection)) return selection;
  return Status(StatusCode::invalid_argument, fmt::format("selection is \"{}\", must be online or fixed", name));
}

std::string to_string(ReusedKinds kinds) {
  if (kinds.output) return kinds.map ? "output,map" : "output";
  return kinds.map ? "map" : "none";
}

Result<ReusedKinds> kinds_named(std::string_view names) {
  for (const ReusedKinds kinds : {ReusedKinds{false, false}, {false, true}, {true, false}, {true, true}})
    if (names == to_string(kinds)) return kinds;
  if (names == "map,output") return ReusedKinds{true, true};
  return Status(StatusCode::invalid_argument,
                fmt::format("kinds are \"{}\", must be output, map, output,map or none", names));
}

Result<std::vector<HeadMode>> LayerPolicy::head_modes(std::uint32_t heads) const {
  std::vector<HeadMode> modes(heads, mode);
  std::vector<bool> listed(heads);
  const std::pair<const std::vector<std::uint32_t>&, HeadMode> lists[] = {
      {compute_heads, HeadMode::compute}, {lookup_heads, HeadMode::lookup}, {fixed_heads, HeadMode::fixed}};
  for (const auto& [list, head_mode] : lists)
    for (const std::uint32_t head : list) {
      if (head >= heads)
        return Status(StatusCode::invalid_argument, fmt::format("{}_heads has {}, this model's heads are 0 to {}",
                                                                to_string(head_mode), head, heads - 1));
      if (listed[head]) return Status(StatusCode::invalid_argument, fmt::format("head {} is listed twice", head));
      listed[head] = true;
      modes[head] = head_mode;
    }
  return modes;
}

Result<Policy> Policy::load(const std::string& path, std::int64_t layers) {
  MEMO_ASSIGN_OR_RETURN(const TomlTable table, read_toml(path));
  Policy policy;
  policy.layers.resize(static_cast<std::size_t>(layers));
  MEMO_RETURN_IF_ERROR(read_policy(table, policy));
  return policy;
}

Policy Policy::exact(std::uint32_t length, std::int64_t layers) {
  Policy policy;
  policy.length = length;
  policy.kinds = {.output = true, .map = false};
  policy.layers.resize(static_cast<std::size_t>(layers));
  return policy;
}

Policy Policy::defaults(std::uint32_t length, std::int64_t layers) {
  // Measured with 1000 mails, each looked up among those before it (MiniLM-L6, length 128): 0.1 answers 2 to 6 mails
  // per layer, and the worst cosine to the plain embedding is 0.96; 0.15 answers 5 to 12, the worst is 0.86; 0.2
  // answers 8 to 43, the worst is 0.67.
  constexpr float kNearDuplicate = 0.1f;
  Policy policy;
  policy.length = length;
  policy.layers.assign(static_cast<std::size_t>(layers), {HeadMode::lookup, kNearDuplicate, true});
  return policy;
}

}  // namespace memo
