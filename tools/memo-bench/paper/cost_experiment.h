// The cost experiment: where the time of a text goes, plainly, at a hit and at a miss.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/memo-bench/paper/paper_ground.h"
#include "tools/memo-bench/paper/paper_runner.h"

namespace memo {

// On one thread, so that parts add up. Adds an entry a number format to `types`: those that are complete stay there
// whatever happens. Notes say what was left out.
// Errors: as MapPool::make and MapPool::fill. Throws Interrupted.
Status run_cost_experiment(PaperGround& ground, nlohmann::ordered_json& types, nlohmann::ordered_json& notes);

// One way to run, as figures of a text. values_s: projecting the values of a text, which a hit does, too.
// hit_share: of the maps that were read.
nlohmann::ordered_json cost_figures(const RunnerTimes& times, std::size_t texts, double values_s,
                                    double hit_share);

}  // namespace memo
