// An attention map's picture, as an image that a page holds itself.
#pragma once

#include <string>

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// "data:image/png;base64,...": a pixel an element, at most 96 a side; of several, the brightest is shown.
// Requires: picture.size > 0. Errors: internal (libpng).
Result<std::string> data_uri(const MapPicture& picture);

}  // namespace memo
