// The cases of memo-bench engine as a picture.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

// Writes an SVG: a row for each case, a bar for each contestant, as multiples of the plain engine's time.
// Errors: as OutputFile.
Status write_engine_plot(const nlohmann::ordered_json& cases, const std::string& path);

}  // namespace memo
