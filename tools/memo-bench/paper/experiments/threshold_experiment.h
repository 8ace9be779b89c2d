// The threshold experiment: test texts at several thresholds, beside plain.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/memo-bench/paper/ground/map_pool.h"
#include "tools/memo-bench/paper/ground/paper_ground.h"

namespace memo {

// -> {texts, repeats, plain, rows[], published[]}. Errors: as MapPool::fill and Judge::fit. Throws Interrupted.
Result<nlohmann::ordered_json> run_threshold_experiment(PaperGround& ground, MapPool& pool);

}  // namespace memo
