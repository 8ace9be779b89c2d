// The size experiment: what test texts find, by the number of stored texts.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/memo-bench/paper/map_pool.h"
#include "tools/memo-bench/paper/paper_ground.h"

namespace memo {

// Fills the pool step by step, and adds a row a size to `rows`: those that are complete stay there whatever happens.
// Errors: as MapPool::fill and SimilarityProbe::ask. Throws Interrupted.
Status run_size_experiment(PaperGround& ground, MapPool& pool, nlohmann::ordered_json& rows);

}  // namespace memo
