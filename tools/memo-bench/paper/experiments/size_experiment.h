// The size experiment: what test texts find, by the number of stored texts.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/memo-bench/paper/ground/map_pool.h"
#include "tools/memo-bench/paper/ground/paper_ground.h"

namespace memo {

// Fills the pool step by step, and adds one row per size to `rows`: complete ones stay there after an error.
// Errors: as MapPool::fill and SimilarityProbe::ask. Throws Interrupted.
Status run_size_experiment(PaperGround& ground, MapPool& pool, nlohmann::ordered_json& rows);

}  // namespace memo
