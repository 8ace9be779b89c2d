// The results of a threshold, as figures of its row.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "model/memo/selection/memo_counters.h"
#include "model/tuning/measure/quality.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// {mean, low, high}
nlohmann::ordered_json json_of(const Interval& interval);

// {rate, rate_by_key, rate_by_layer[], errors}. Requires: maps were asked for in every layer. Shapes: counters
// [layers]
nlohmann::ordered_json rate_figures(std::span<const LayerCounters> counters);

// {cosine, cosine_p05}, and with a judge {accuracy, lost}. Shapes: outputs of texts, both in their order.
nlohmann::ordered_json quality_figures(const TextList& texts, const Judge* judge, const ModelOutputs& plain,
                                       const ModelOutputs& memoized);

}  // namespace memo
