// The cost experiment: how the time of a text is spent when it is plain, a hit and a miss.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/memo-bench/paper/ground/paper_ground.h"
#include "tools/memo-bench/paper/ground/paper_runner.h"

namespace memo {

// On one thread, so that parts add up. Adds one entry per number format to `types`: complete ones stay there after
// an error. Notes say what was left out.
// Errors: as MapPool::make and MapPool::fill. Throws Interrupted.
Status run_cost_experiment(PaperGround& ground, nlohmann::ordered_json& types, nlohmann::ordered_json& notes);

// One way to run, as figures of a text. values_s: projecting the values of a text, which a hit does, too.
// hit_share: of the maps that were read.
nlohmann::ordered_json cost_figures(const RunnerTimes& times, std::size_t texts, double values_s,
                                    double hit_share);

}  // namespace memo
