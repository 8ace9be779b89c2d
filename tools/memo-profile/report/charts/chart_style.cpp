#include "tools/memo-profile/report/charts/chart_style.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace memo {
namespace {

// matplotlib's "viridis" at 0, 1/4, ... 1: its brightness rises evenly, also for the colour-blind and in print.
constexpr std::array<std::array<double, 3>, 5> kHeat = {
    {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}};

double cut(double shade) {
  return std::isfinite(shade) ? std::clamp(shade, 0.0, 1.0) : 0;
}

}  // namespace

std::string_view color_of(HeadMode mode) {
  switch (mode) {
    case HeadMode::compute:
      return "var(--compute)";
    case HeadMode::lookup:
      return "var(--lookup)";
    case HeadMode::fixed:
      return "var(--fixed)";
  }
  return "currentColor";
}

std::string layer_color(std::uint32_t layer, std::uint32_t layers) {
  constexpr double kFirst = 230, kLast = 390;  // degrees of hue, through magenta and red
  const double part = layers < 2 ? 0 : static_cast<double>(layer) / (layers - 1);
  return fmt::format("hsl({:.0f} 75% 56%)", std::fmod(kFirst + part * (kLast - kFirst), 360));
}

std::string heat_color(double shade) {
  const double position = cut(shade) * (kHeat.size() - 1);
  const std::size_t index = std::min(static_cast<std::size_t>(position), kHeat.size() - 2);
  const double part = position - static_cast<double>(index);
  const auto channel = [&](std::size_t i) {
    return std::lround(kHeat[index][i] + part * (kHeat[index + 1][i] - kHeat[index][i]));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2));
}

std::string_view heat_text_color(double shade) {
  return cut(shade) < 0.55 ? "#fff" : "#000";
}

}  // namespace memo
