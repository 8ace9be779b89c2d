// The figures of memo-bench paper as a page: docs/measurements/paper/paper.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace memo {

// result: as run_paper_bench answers it; an experiment that was not run has no section. pictures: names of files
// beside the page, each beginning with its experiment's.
std::string paper_page(const nlohmann::ordered_json& result, const std::vector<std::string>& pictures);

// One section each, of that experiment's part of the result.
std::string threshold_section(const nlohmann::ordered_json& threshold);
std::string latency_section(const nlohmann::ordered_json& latency);
std::string size_section(const nlohmann::ordered_json& size);
std::string cost_section(const nlohmann::ordered_json& cost);

}  // namespace memo
