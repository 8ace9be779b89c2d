#include "tools/picture/png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cmath>

#include "tools/picture/color_map.h"

namespace memo {
namespace {

constexpr Color kPaper{255, 255, 255};
constexpr Color kInk{40, 40, 40};
constexpr unsigned kMargin = 16;
constexpr unsigned kLabel = Canvas::kTextHeight + 6;
constexpr unsigned kScaleHeight = 16;
constexpr unsigned kDesiredSide = 320;  // pixels of a map

struct Grid {
  unsigned columns = 0;
  unsigned rows = 0;
  unsigned element = 0;  // pixels a side
  unsigned side = 0;     // pixels of a map

  unsigned width() const { return kMargin + columns * (side + kMargin); }
  unsigned height() const { return kMargin + rows * (kLabel + side + kMargin) + kScaleHeight + kMargin; }
  unsigned x(unsigned index) const { return kMargin + index % columns * (side + kMargin); }
  unsigned y(unsigned index) const { return kMargin + index / columns * (kLabel + side + kMargin); }
};

// Somewhat wider than high, as screens are.
Grid arrange_grid(const AttentionMaps& maps) {
  const auto columns = static_cast<unsigned>(std::ceil(std::sqrt(maps.heads * 4.0 / 3)));
  const unsigned element = std::max(1u, (kDesiredSide + maps.length / 2) / maps.length);
  const unsigned used = std::min(columns, maps.heads);
  return {
      .columns = used, .rows = (maps.heads + used - 1) / used, .element = element, .side = element * maps.length};
}

void draw_map(Canvas& canvas, const Grid& grid, std::span<const float> map, unsigned length, float largest,
              unsigned x, unsigned y) {
  for (unsigned row = 0; row < length; ++row)
    for (unsigned column = 0; column < length; ++column)
      canvas.fill(x + column * grid.element, y + row * grid.element, grid.element, grid.element,
                  color_of(shade_of(map[std::size_t{row} * length + column], largest)));
}

void draw_png_scale(Canvas& canvas, float largest) {
  const unsigned y = canvas.height() - kMargin - kScaleHeight;
  const std::string most = fmt::format("{:.3f}", largest);
  canvas.text(kMargin, y + 1, "0", kInk);
  const unsigned left = kMargin + Canvas::text_width("0") + 4;
  const unsigned room = canvas.width() - left - kMargin - Canvas::text_width(most) - 4;
  const unsigned width = std::min(kDesiredSide, room);
  for (unsigned x = 0; x < width; ++x)
    canvas.fill(left + x, y, 1, kScaleHeight, color_of(static_cast<float>(x) / static_cast<float>(width - 1)));
  canvas.text(left + width + 8, y + 1, most, kInk);
}

}  // namespace

Result<std::string> to_png(const Canvas& canvas) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = canvas.width();
  image.height = canvas.height();
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, canvas.pixels(), 0, nullptr) == 0)
    return Status(StatusCode::internal, fmt::format("cannot make a PNG: {}", image.message));
  bytes.resize(size);
  return bytes;
}

Result<std::string> to_png(const AttentionMaps& maps, std::uint32_t first_head) {
  const Grid grid = arrange_grid(maps);
  const float largest = maps.largest();
  Canvas canvas(grid.width(), grid.height(), kPaper);
  for (unsigned head = 0; head < maps.heads; ++head) {
    canvas.text(grid.x(head), grid.y(head), fmt::format("head {}", first_head + head), kInk);
    draw_map(canvas, grid, maps.head(head), maps.length, largest, grid.x(head), grid.y(head) + kLabel);
  }
  draw_png_scale(canvas, largest);
  return to_png(canvas);
}

}  // namespace memo
