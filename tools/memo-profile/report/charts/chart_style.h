// The common style of the report's pictures. Colours are the style sheet's (style.cpp), which has them for light
// and for dark pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/maps/head_mode.h"

namespace memo {

// Units of every picture's width; a page scales it to 340 to 440 pixels.
inline constexpr int kChartWidth = 360;
// Sizes of text.
inline constexpr int kSmall = 11;
inline constexpr int kLabel = 12;

inline constexpr std::string_view kPage = "var(--page)";
inline constexpr std::string_view kGrid = "var(--grid)";
inline constexpr std::string_view kSoft = "var(--soft)";
inline constexpr std::string_view kShade = "var(--shade)";
inline constexpr std::string_view kBudgetColor = "var(--budget)";
inline constexpr std::string_view kAttentionColor = "var(--attention)";
inline constexpr std::string_view kRestColor = "var(--rest)";
inline constexpr std::string_view kCalibratedColor = "var(--calibrated)";
inline constexpr std::string_view kPlainColor = "var(--plain)";
inline constexpr std::string_view kChosenColor = "var(--chosen)";

std::string_view color_of(HeadMode mode);
// From the first layer's blue to the last one's orange. Requires: layer < layers.
std::string layer_color(std::uint32_t layer, std::uint32_t layers);
// A similarity's, dark to bright, and that of a text upon it. `shade` is cut to 0 .. 1.
std::string heat_color(double shade);
std::string_view heat_text_color(double shade);

}  // namespace memo
