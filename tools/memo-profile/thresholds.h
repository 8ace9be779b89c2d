// What a threshold on the distance of features would give at each layer.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/memo-profile/profile_result.h"
#include "tools/memo-profile/similarity_probe.h"

namespace memo {

// Points at fixed shares of the probed texts, from nearly none to all. saved_us: by a hit at one layer.
std::vector<ThresholdPoint> threshold_points(const ProbeResult& probe, std::size_t probed, double saved_us);

// The widest threshold of a layer at which hits still resemble what they replace and a lookup saves more than it
// costs; 0: none, exact repeats only.
float widest_paying_threshold(const std::vector<ThresholdPoint>& points, std::uint32_t layer);

}  // namespace memo
