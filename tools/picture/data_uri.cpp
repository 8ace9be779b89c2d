#include "tools/picture/data_uri.h"

#include <algorithm>
#include <vector>

#include "tools/common/base64.h"
#include "tools/picture/png.h"

namespace memo {

Result<std::string> map_data_uri(std::span<const float> map, std::uint32_t length, float largest) {
  constexpr std::uint32_t kMaxPixels = 96;
  const std::uint32_t side = std::min(length, kMaxPixels);
  const std::vector<float> shown = resample(map, length, side);
  Canvas canvas(side, side, {});
  for (std::uint32_t row = 0; row < side; ++row)
    for (std::uint32_t column = 0; column < side; ++column)
      canvas.fill(column, row, 1, 1, color_of(shade_of(shown[std::size_t{row} * side + column], largest)));
  MEMO_ASSIGN_OR_RETURN(const std::string png, to_png(canvas));
  return "data:image/png;base64," + encode_base64(png);
}

}  // namespace memo
