#include "tools/memo-profile/report/charts/map_image.h"

#include "tools/picture/data_uri.h"

namespace memo {

Result<std::string> data_uri(const MapPicture& picture) {
  return map_data_uri(picture.values, picture.size, 1);
}

}  // namespace memo
