// A head's attention map as an image that a page holds itself.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "memo/status.h"

namespace memo {

// "data:image/png;base64,...": a pixel an element, at most 96 a side; of several, the brightest is shown.
// largest: the probability that is drawn brightest. Shapes: map [length, length], length > 0. Errors: internal (libpng).
Result<std::string> map_data_uri(std::span<const float> map, std::uint32_t length, float largest);

}  // namespace memo
