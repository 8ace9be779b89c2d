// Canvas: pixels, rectangles and a little text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/picture/color_map.h"

namespace memo {

class Canvas {
 public:
  Canvas(unsigned width, unsigned height, Color background);

  unsigned width() const { return width_; }
  unsigned height() const { return height_; }
  // Shapes: [height, width, 3], red, green, blue.
  const std::uint8_t* pixels() const { return pixels_.data(); }

  // What lies outside the canvas is not drawn.
  void fill(unsigned x, unsigned y, unsigned width, unsigned height, Color color);
  // Digits, ".", and the letters of "head"; anything else is a blank.
  void text(unsigned x, unsigned y, std::string_view text, Color color);

  static constexpr unsigned kTextHeight = 14;
  static unsigned text_width(std::string_view text);

 private:
  unsigned width_;
  unsigned height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace memo
