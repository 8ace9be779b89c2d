#include "tools/memo-profile/report/charts/map_image.h"

#include <algorithm>

#include "tools/common/base64.h"
#include "tools/picture/png.h"

namespace memo {

Result<std::string> data_uri(const MapPicture& picture) {
  constexpr std::uint32_t kMaxPixels = 96;
  const std::uint32_t side = std::min(picture.size, kMaxPixels);
  const std::vector<float> shown = resample(picture.values, picture.size, side);
  Canvas canvas(side, side, {});
  for (std::uint32_t row = 0; row < side; ++row)
    for (std::uint32_t column = 0; column < side; ++column)
      canvas.fill(column, row, 1, 1, color_of(shade_of(shown[std::size_t{row} * side + column], 1)));
  MEMO_ASSIGN_OR_RETURN(const std::string png, to_png(canvas));
  return "data:image/png;base64," + encode_base64(png);
}

}  // namespace memo
