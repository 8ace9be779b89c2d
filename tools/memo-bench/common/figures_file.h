// Where the figures of a bench go.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

using Figures = Result<nlohmann::ordered_json>;

// Runs a bench and also writes its figures to a file, unless the path is empty. It makes the file first, so that
// no measurement is lost. Errors: as OutputFile and run.
Figures run_into_file(const std::string& path, const std::function<Figures()>& run);

// The figures; null where one of the outputs is "-", as they or a picture are on stdout already.
Figures figures_beside(std::initializer_list<std::string> outputs, Figures figures);

}  // namespace memo
