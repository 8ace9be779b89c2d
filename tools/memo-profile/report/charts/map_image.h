// An attention map's picture, as an image that a page holds itself.
#pragma once

#include <string>

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// As map_data_uri(), where 1 is drawn brightest. Requires: picture.size > 0. Errors: internal (libpng).
Result<std::string> data_uri(const MapPicture& picture);

}  // namespace memo
