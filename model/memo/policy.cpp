#include "model/memo/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "embed/json_text.h"
#include "memo/memo_store.h"
#include "memo/types.h"
#include "model/memo/policy_reader.h"

namespace memo {
namespace {

constexpr char kFormat[] = "memo-policy";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxBytes = 1 << 20;

// The one seam for toml11's exceptions.
Result<toml::value> parse_file(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxBytes));
  try {
    std::istringstream stream(text);
    return toml::parse(stream, path);
  } catch (const toml::exception& error) {
    return Status(StatusCode::invalid_argument,
                  fmt::format("{}:{}: not valid TOML", path, error.location().line()));
  } catch (const std::exception&) {
    return Status(StatusCode::invalid_argument, fmt::format("{}: cannot be read as TOML", path));
  }
}

Status check_format(const PolicyTable& top, const std::string& path) {
  std::string format;
  std::uint32_t version = 0;
  MEMO_RETURN_IF_ERROR(top.read("format", format));
  MEMO_RETURN_IF_ERROR(top.read("version", 1, ~0u, version));
  if (format != kFormat)
    return {StatusCode::invalid_argument,
            fmt::format("{}: format is \"{}\", must be \"{}\"", path, format, kFormat)};
  if (version != kVersion)
    return {StatusCode::invalid_argument, fmt::format("{}: version is {}, must be {}", path, version, kVersion)};
  return Status::ok();
}

// Names of files are relative to the policy's folder.
Status read_file_name(const PolicyTable& top, const std::string& key, const std::string& path, std::string& name) {
  MEMO_RETURN_IF_ERROR(top.read(key, name));
  if (!name.empty()) name = (std::filesystem::absolute(path).parent_path() / name).lexically_normal().string();
  return Status::ok();
}

Status read_digests(const toml::value& file, const std::string& path, PolicyDigests& digests) {
  if (!file.contains("digests")) return Status::ok();
  if (!file.at("digests").is_table()) return PolicyTable(path, file).refuse("digests", "a table");
  const PolicyTable table(path, file.at("digests"));
  MEMO_RETURN_IF_ERROR(table.only({"embedder", "codebook", "calibration"}));
  MEMO_RETURN_IF_ERROR(table.read("embedder", digests.embedder));
  MEMO_RETURN_IF_ERROR(table.read("codebook", digests.codebook));
  return table.read("calibration", digests.calibration);
}

Status read_mode(const PolicyTable& table, HeadMode& mode) {
  std::string name(to_string(mode));
  MEMO_RETURN_IF_ERROR(table.read("mode", name));
  for (const HeadMode known : {HeadMode::compute, HeadMode::lookup, HeadMode::fixed}) {
    if (name != to_string(known)) continue;
    mode = known;
    return Status::ok();
  }
  return table.refuse("mode", "compute, lookup or fixed");
}

Status read_layer(const PolicyTable& table, LayerPolicy& layer) {
  MEMO_RETURN_IF_ERROR(read_mode(table, layer.mode));
  MEMO_RETURN_IF_ERROR(table.read("max_distance", layer.max_distance));
  MEMO_RETURN_IF_ERROR(table.read("neighbours", 1, kMaxNeighbours, layer.neighbours));
  MEMO_RETURN_IF_ERROR(table.read("publish", layer.publish));
  MEMO_RETURN_IF_ERROR(table.read("compute_heads", kMaxHeads - 1, layer.compute_heads));
  MEMO_RETURN_IF_ERROR(table.read("lookup_heads", kMaxHeads - 1, layer.lookup_heads));
  MEMO_RETURN_IF_ERROR(table.read("fixed_heads", kMaxHeads - 1, layer.fixed_heads));
  return table.read("map", layer.map);
}

Status read_encoding(const PolicyTable& top, MapEncoding& encoding) {
  std::string name(to_string(encoding));
  MEMO_RETURN_IF_ERROR(top.read("encoding", name));
  for (const MapEncoding known : {MapEncoding::u8, MapEncoding::f16, MapEncoding::f32}) {
    if (name != to_string(known)) continue;
    encoding = known;
    return Status::ok();
  }
  return top.refuse("encoding", "u8, f16 or f32");
}

Status read_selection(const PolicyTable& top, Policy& policy) {
  std::string name = "online";
  MEMO_RETURN_IF_ERROR(top.read("selection", name));
  const Result<Selection> selection = selection_named(name);
  if (!selection) return top.refuse("selection", "online or fixed");
  policy.selection = *selection;
  return top.read("deadline_ms", policy.deadline_ms);
}

Status read_default(const toml::value& file, const std::string& path, std::vector<LayerPolicy>& layers) {
  if (!file.contains("default")) return Status::ok();
  const PolicyTable top(path, file);
  if (!file.at("default").is_table()) return top.refuse("default", "a table");
  const PolicyTable table(path, file.at("default"));
  MEMO_RETURN_IF_ERROR(table.only(
      {"mode", "max_distance", "neighbours", "publish", "map", "compute_heads", "lookup_heads", "fixed_heads"}));
  LayerPolicy layer;
  MEMO_RETURN_IF_ERROR(read_layer(table, layer));
  std::fill(layers.begin(), layers.end(), layer);
  return Status::ok();
}

Status read_named_layer(const PolicyTable& table, const std::string& path, std::vector<LayerPolicy>& layers,
                        std::vector<bool>& named) {
  MEMO_RETURN_IF_ERROR(table.only({"index", "mode", "max_distance", "neighbours", "publish", "map",
                                   "compute_heads", "lookup_heads", "fixed_heads"}));
  if (!table.has("index"))
    return {StatusCode::invalid_argument, fmt::format("{}: a [[layer]] has no index", path)};
  std::uint32_t index = 0;
  MEMO_RETURN_IF_ERROR(table.read("index", 0, static_cast<std::uint32_t>(layers.size() - 1), index));
  if (named[index]) return table.refuse("index", "named once only");
  named[index] = true;
  return read_layer(table, layers[index]);
}

Status read_named_layers(const toml::value& file, const std::string& path, std::vector<LayerPolicy>& layers) {
  if (!file.contains("layer")) return Status::ok();
  const PolicyTable top(path, file);
  if (!file.at("layer").is_array()) return top.refuse("layer", "an array of tables, [[layer]]");
  std::vector<bool> named(layers.size());
  for (const toml::value& entry : file.at("layer").as_array()) {
    if (!entry.is_table()) return top.refuse("layer", "an array of tables, [[layer]]");
    MEMO_RETURN_IF_ERROR(read_named_layer(PolicyTable(path, entry), path, layers, named));
  }
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

Status read_policy(const toml::value& file, const std::string& path, Policy& policy) {
  const PolicyTable top(path, file);
  MEMO_RETURN_IF_ERROR(check_format(top, path));
  MEMO_RETURN_IF_ERROR(top.only({"format", "version", "length", "model", "embedder", "codebook", "calibration",
                                 "digests", "encoding", "selection", "deadline_ms", "default", "layer"}));
  if (!top.has("length")) return {StatusCode::invalid_argument, fmt::format("{}: length is missing", path)};
  MEMO_RETURN_IF_ERROR(top.read("length", 2, kMaxLengthBucket, policy.length));
  MEMO_RETURN_IF_ERROR(top.read("model", policy.model));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "embedder", path, policy.embedder));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "codebook", path, policy.codebook));
  MEMO_RETURN_IF_ERROR(read_file_name(top, "calibration", path, policy.calibration));
  MEMO_RETURN_IF_ERROR(read_digests(file, path, policy.digests));
  MEMO_RETURN_IF_ERROR(read_encoding(top, policy.encoding));
  MEMO_RETURN_IF_ERROR(read_selection(top, policy));
  MEMO_RETURN_IF_ERROR(read_default(file, path, policy.layers));
  MEMO_RETURN_IF_ERROR(read_named_layers(file, path, policy.layers));
  return check_fixed_layers(policy, path);
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
  MEMO_ASSIGN_OR_RETURN(const toml::value file, parse_file(path));
  Policy policy;
  policy.layers.resize(static_cast<std::size_t>(layers));
  MEMO_RETURN_IF_ERROR(read_policy(file, path, policy));
  return policy;
}

Policy Policy::defaults(std::uint32_t length, std::int64_t layers) {
  // Of 1000 mails looked up among those before them (MiniLM-L6, length 128), 0.1 answers 2 to 6 a layer and keeps
  // the worst cosine to the plain embedding at .96; 0.15 answers 5 to 12, down to .86; 0.2 answers 8 to 43, to .67.
  constexpr float kNearDuplicate = 0.1f;
  Policy policy;
  policy.length = length;
  policy.layers.assign(static_cast<std::size_t>(layers), {HeadMode::lookup, kNearDuplicate, true});
  return policy;
}

}  // namespace memo
