#include "tools/picture/color_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace memo {
namespace {

// "inferno" at 0, 1/8, ... 1; in between, linear interpolation is close enough.
constexpr std::array<Color, 9> kAnchors = {{{0, 0, 4},
                                            {31, 12, 72},
                                            {85, 15, 109},
                                            {136, 34, 106},
                                            {186, 54, 85},
                                            {227, 89, 51},
                                            {249, 140, 10},
                                            {249, 201, 50},
                                            {252, 255, 164}}};

std::uint8_t between(std::uint8_t from, std::uint8_t to, float part) {
  return static_cast<std::uint8_t>(std::lround(static_cast<float>(from) + part * static_cast<float>(to - from)));
}

int distance(Color left, Color right) {
  const auto square = [](int difference) { return difference * difference; };
  return square(left.red - right.red) + square(left.green - right.green) + square(left.blue - right.blue);
}

// xterm's colour cube has six levels a channel.
int cube_level(std::uint8_t value) {
  return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}
std::uint8_t cube_value(int level) {
  return static_cast<std::uint8_t>(level == 0 ? 0 : 55 + 40 * level);
}

}  // namespace

Color color_of(float shade) {
  const float position = std::clamp(shade, 0.0f, 1.0f) * (kAnchors.size() - 1);
  const std::size_t index = std::min<std::size_t>(static_cast<std::size_t>(position), kAnchors.size() - 2);
  const float part = position - static_cast<float>(index);
  const Color from = kAnchors[index];
  const Color to = kAnchors[index + 1];
  return {between(from.red, to.red, part), between(from.green, to.green, part), between(from.blue, to.blue, part)};
}

float shade_of(float probability, float largest) {
  if (!(largest > 0) || !(probability > 0)) return 0;
  return std::cbrt(std::min(probability / largest, 1.0f));
}

std::uint8_t palette_index(Color color) {
  const int red = cube_level(color.red);
  const int green = cube_level(color.green);
  const int blue = cube_level(color.blue);
  const Color cube{cube_value(red), cube_value(green), cube_value(blue)};
  // 24 greys: 8, 18, ... 238.
  const int grey = std::clamp(((color.red + color.green + color.blue) / 3 - 3) / 10, 0, 23);
  const auto level = static_cast<std::uint8_t>(8 + 10 * grey);
  if (distance(color, {level, level, level}) < distance(color, cube)) return static_cast<std::uint8_t>(232 + grey);
  return static_cast<std::uint8_t>(16 + 36 * red + 6 * green + blue);
}

}  // namespace memo
