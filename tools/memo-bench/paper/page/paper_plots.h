// The figures of memo-bench paper as pictures.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

// One or two SVG files an experiment that has figures, named after it. -> their names. Errors: as
// LineChart::write.
Result<std::vector<std::string>> write_paper_plots(const nlohmann::ordered_json& result,
                                                   const std::string& folder);

// The parts of a text's time as bars, one a run. Errors: as SvgPage::write.
Status write_cost_plot(const nlohmann::ordered_json& types, const std::string& path);

}  // namespace memo
