// The effect of a threshold on the distance of features at each layer.
#pragma once

#include <cstdint>
#include <vector>

#include "model/tuning/measure/similarity_probe.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Points at fixed shares of the probed texts, from nearly none to all. saved_us: by a hit at one layer.
std::vector<ThresholdPoint> threshold_points(const ProbeResult& probe, std::size_t probed, double saved_us);

// The largest threshold of a layer at which hits still resemble the maps that they replace, and a lookup saves
// more than it costs; 0: none, only exact repeats.
float widest_paying_threshold(const std::vector<ThresholdPoint>& points, std::uint32_t layer);

}  // namespace memo
