#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

#include "embed/files/output_file.h"
#include "model/policy/policy.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

// A TOML basic string.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string quoted_kinds(ReusedKinds kinds) {
  if (kinds.output) return kinds.map ? R"("output", "map")" : R"("output")";
  return kinds.map ? R"("map")" : "";
}

void append_file(std::string& out, std::string_view key, const std::string& file, const std::string& policy_path) {
  if (file.empty()) return;
  const fs::path folder = fs::absolute(policy_path).parent_path();
  out += fmt::format("{} = {}\n", key, quoted(fs::absolute(file).lexically_relative(folder).string()));
}

void append_digests(std::string& out, const PolicyDigests& digests) {
  if (digests == PolicyDigests()) return;
  out += "\n[digests]\n";
  const std::pair<std::string_view, const std::string&> named[] = {
      {"embedder", digests.embedder}, {"codebook", digests.codebook}, {"calibration", digests.calibration}};
  for (const auto& [key, digest] : named)
    if (!digest.empty()) out += fmt::format("{} = {}\n", key, quoted(digest));
}

void append_heads(std::string& out, std::string_view key, const std::vector<std::uint32_t>& heads) {
  if (!heads.empty()) out += fmt::format("{} = [{}]\n", key, fmt::join(heads, ", "));
}

void append_layer(std::string& out, std::size_t index, const LayerPolicy& layer) {
  out += fmt::format("\n[[layer]]\nindex = {}\nmode = \"{}\"\n", index, to_string(layer.mode));
  if (layer.has_lookup_heads())
    out += fmt::format("max_distance = {}\nneighbours = {}\npublish = {}\n", layer.max_distance, layer.neighbours,
                       layer.publish);
  append_heads(out, "compute_heads", layer.compute_heads);
  append_heads(out, "lookup_heads", layer.lookup_heads);
  append_heads(out, "fixed_heads", layer.fixed_heads);
  if (layer.has_fixed_heads()) out += fmt::format("map = {}\n", quoted(layer.map));
}

}  // namespace

std::string Policy::to_toml(const std::string& path) const {
  std::string out = fmt::format("format = \"memo-policy\"\nversion = 1\nlength = {}\n", length);
  if (!model.empty()) out += fmt::format("model = {}\n", quoted(model));
  append_file(out, "embedder", embedder, path);
  append_file(out, "codebook", codebook, path);
  append_file(out, "calibration", calibration, path);
  out += fmt::format("kinds = [{}]\n", quoted_kinds(kinds));
  out += fmt::format("encoding = \"{}\"\n", to_string(encoding));
  out += fmt::format("selection = \"{}\"\n", to_string(selection));
  if (max_wait_ms > 0) out += fmt::format("max_wait_ms = {}\n", max_wait_ms);
  append_digests(out, digests);
  for (std::size_t i = 0; i < layers.size(); ++i) append_layer(out, i, layers[i]);
  return out;
}

Status Policy::save(const std::string& path) const {
  return write_file(path, to_toml(path));
}

}  // namespace memo
