#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/common/svg.h"
#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/document/profile_check.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

constexpr HeadMode kModes[] = {HeadMode::fixed, HeadMode::lookup, HeadMode::compute};

// Shapes: [layers, heads]
using Modes = std::vector<std::vector<HeadMode>>;

Modes modes_of(const std::vector<LayerPolicy>& layers, std::uint32_t heads) {
  Modes modes;
  for (const LayerPolicy& layer : layers) modes.push_back(*layer.head_modes(heads));
  return modes;
}

// 0, 1, 2, 7 -> "0–2, 7"
std::string ranges(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0, end = 0; i < numbers.size(); i = end) {
    for (end = i + 1; end < numbers.size() && numbers[end] == numbers[end - 1] + 1;) ++end;
    text += text.empty() ? "" : ", ";
    text += end - i == 1 ? fmt::format("{}", numbers[i]) : fmt::format("{}–{}", numbers[i], numbers[end - 1]);
  }
  return text;
}

std::string heads_text(const std::vector<HeadMode>& modes, HeadMode mode) {
  std::vector<std::uint32_t> heads;
  for (std::uint32_t head = 0; head < modes.size(); ++head)
    if (modes[head] == mode) heads.push_back(head);
  if (heads.empty()) return {};
  if (heads.size() == modes.size()) return fmt::format("all heads {}", to_string(mode));
  return fmt::format("head{} {} {}", heads.size() == 1 ? "" : "s", ranges(heads), to_string(mode));
}

std::string layer_text(const LayerPolicy& layer, const std::vector<HeadMode>& modes) {
  std::string text;
  for (const HeadMode mode : kModes) {
    const std::string of_mode = heads_text(modes, mode);
    if (of_mode.empty()) continue;
    text += (text.empty() ? "" : "; ") + of_mode;
    if (mode != HeadMode::lookup) continue;
    text += layer.max_distance == 0 ? " (the same text only" : fmt::format(" (within {:.3g}", layer.max_distance);
    if (layer.neighbours > 1) text += fmt::format(", up to {} blended", layer.neighbours);
    text += layer.publish ? ", misses are stored)" : ", misses are not stored)";
  }
  return text;
}

// Neighbouring layers that do the same share a line.
void write_layers(const std::vector<LayerPolicy>& layers, const Modes& modes, Html& page) {
  page.open("ul");
  for (std::size_t i = 0, end = 0; i < layers.size(); i = end) {
    const std::string text = layer_text(layers[i], modes[i]);
    for (end = i + 1; end < layers.size() && layer_text(layers[end], modes[end]) == text;) ++end;
    page.element("li", end - i == 1 ? fmt::format("Layer {}: {}", i, text)
                                    : fmt::format("Layers {} to {}: {}", i, end - 1, text));
  }
  page.close("ul");
}

std::string mode_picture(const Modes& modes, std::uint32_t heads) {
  constexpr double kLeft = 58, kMaxWidth = 27, kMaxHeight = 22;
  const double width = std::min(kMaxWidth, (kChartWidth - kLeft) / heads);
  const double height = std::min(kMaxHeight, std::max(6.0, 480.0 / static_cast<double>(modes.size())));
  const auto stride = static_cast<std::size_t>(std::ceil(12 / height));
  SvgPage svg;
  for (std::size_t layer = 0; layer < modes.size(); ++layer) {
    const double y = static_cast<double>(layer) * height;
    if (layer % stride == 0)
      svg.text({kLeft - 7, y + height / 2 + 4}, fmt::format("layer {}", layer),
               {.anchor = TextAnchor::end, .size = kSmall});
    for (std::uint32_t head = 0; head < heads; ++head)
      svg.bar({kLeft + head * width, y}, width - (width > 5 ? 1.5 : 0), height - 1.5, color_of(modes[layer][head]),
              fmt::format("layer {}, head {}: {}", layer, head, to_string(modes[layer][head])));
  }
  return svg.element(kChartWidth, static_cast<int>(std::ceil(static_cast<double>(modes.size()) * height)),
                     "What each head of each layer does");
}

std::string count_text(const Modes& modes) {
  std::string text;
  for (const HeadMode mode : kModes) {
    std::ptrdiff_t count = 0;
    for (const auto& layer : modes) count += std::ranges::count(layer, mode);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(mode), count);
  }
  return text;
}

void write_modes(const ProfileSetting& setting, const std::vector<LayerPolicy>& layers, Html& page) {
  const Modes modes = modes_of(layers, setting.heads);
  std::vector<LegendEntry> entries;
  for (const HeadMode mode : kModes)
    entries.push_back({std::string(to_string(mode)), std::string(color_of(mode))});
  page.legend(entries);
  page.open_figures();
  page.figure(fmt::format("Heads from left to right, layers from the first: {}", count_text(modes)),
              mode_picture(modes, setting.heads));
  page.open("div");
  write_layers(layers, modes, page);
  page.close("div");
  page.close_figures();
}

}  // namespace

void write_policy(const ProfileResult& result, Html& page) {
  page.open_section("policy", "The policy that was chosen");
  const Candidate* chosen = chosen_candidate(result);
  const std::vector<LayerPolicy> computing(result.setting.layers);
  if (chosen == nullptr)
    page.paragraph("None of the policies that were tried was chosen: every layer computes.");
  else
    page.paragraph(fmt::format(
        "Chosen: {}{}. When it was chosen, it saved {} with a mean cosine of {}{}.", chosen->name,
        chosen->calibrated ? ", calibrated" : "", percent(chosen->saved), similarity_text(chosen->cosine),
        chosen->lost ? fmt::format(" and {} points of accuracy lost", points(chosen->lost->mean)) : ""));
  if (result.setting.layers > 0 && result.setting.heads > 0)
    write_modes(result.setting, chosen == nullptr ? computing : chosen->layers, page);
  page.close_section();
}

}  // namespace memo
