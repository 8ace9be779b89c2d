#include "tools/picture/canvas.h"

#include <algorithm>
#include <array>

namespace memo {
namespace {

constexpr unsigned kGlyphWidth = 5;
constexpr unsigned kGlyphHeight = 7;
constexpr unsigned kDot = Canvas::kTextHeight / kGlyphHeight;  // pixels of a glyph's dot

struct Glyph {
  char character;
  std::array<std::uint8_t, kGlyphHeight> rows;  // five bits each, the leftmost highest
};

constexpr Glyph kGlyphs[] = {
    {'0', {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110}},
    {'1', {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}},
    {'2', {0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111}},
    {'3', {0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110}},
    {'4', {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010}},
    {'5', {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110}},
    {'6', {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110}},
    {'7', {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000}},
    {'8', {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110}},
    {'9', {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100}},
    {'.', {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100}},
    {'h', {0b10000, 0b10000, 0b10110, 0b11001, 0b10001, 0b10001, 0b10001}},
    {'e', {0b00000, 0b00000, 0b01110, 0b10001, 0b11111, 0b10000, 0b01110}},
    {'a', {0b00000, 0b00000, 0b01110, 0b00001, 0b01111, 0b10001, 0b01111}},
    {'d', {0b00001, 0b00001, 0b01101, 0b10011, 0b10001, 0b10001, 0b01111}},
};

}  // namespace

Canvas::Canvas(unsigned width, unsigned height, Color background)
    : width_(width), height_(height), pixels_(std::size_t{3} * width * height) {
  fill(0, 0, width, height, background);
}

void Canvas::fill(unsigned x, unsigned y, unsigned width, unsigned height, Color color) {
  for (unsigned row = y; row < std::min(y + height, height_); ++row)
    for (unsigned column = x; column < std::min(x + width, width_); ++column) {
      std::uint8_t* pixel = &pixels_[3 * (std::size_t{row} * width_ + column)];
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
    }
}

void Canvas::text(unsigned x, unsigned y, std::string_view text, Color color) {
  for (const char character : text) {
    for (const Glyph& glyph : kGlyphs) {
      if (glyph.character != character) continue;
      for (unsigned row = 0; row < kGlyphHeight; ++row)
        for (unsigned column = 0; column < kGlyphWidth; ++column)
          if (glyph.rows[row] >> (kGlyphWidth - 1 - column) & 1)
            fill(x + column * kDot, y + row * kDot, kDot, kDot, color);
    }
    x += (kGlyphWidth + 1) * kDot;
  }
}

unsigned Canvas::text_width(std::string_view text) {
  return static_cast<unsigned>(text.size()) * (kGlyphWidth + 1) * kDot;
}

}  // namespace memo
