// Where the figures of a bench go.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

using Figures = Result<nlohmann::ordered_json>;

// Runs a bench whose figures go to a file too; to none where the path is empty. The file is made before, so that
// nothing is measured for nothing. Errors: as OutputFile and run.
Figures run_into_file(const std::string& path, const std::function<Figures()>& run);

// The figures; null where one of the outputs is "-", as they or a picture are on stdout already.
Figures figures_beside(std::initializer_list<std::string> outputs, Figures figures);

}  // namespace memo
