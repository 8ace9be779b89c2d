// A picture of memo-bench stream: time saved, repeats, hits and publishes over the stream.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

// cases: as run_stream_bench answers them. Errors: as SvgPage::write.
Status write_stream_plot(const nlohmann::ordered_json& cases, const std::string& path);

}  // namespace memo
