#include "model/maps/head_mode.h"

namespace memo {

std::string_view to_string(HeadMode mode) {
  switch (mode) {
    case HeadMode::compute:
      return "compute";
    case HeadMode::lookup:
      return "lookup";
    case HeadMode::fixed:
      return "fixed";
  }
  return "unknown";
}

}  // namespace memo
