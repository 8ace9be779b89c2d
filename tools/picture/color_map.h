// Turns probabilities into colours.
#pragma once

#include <cstdint>

namespace memo {

struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  bool operator==(const Color&) const = default;
};

// matplotlib's "inferno": evenly brighter from black to light yellow, also for the colour-blind and in print.
// Requires: 0 <= shade <= 1.
Color color_of(float shade);

// How bright a probability is drawn: the cube root of its share of `largest`, as most of a map is small, and its
// structure shows in the small values. In 0 .. 1.
float shade_of(float probability, float largest);

// The nearest of xterm's 256 colours, by number.
std::uint8_t palette_index(Color color);

}  // namespace memo
