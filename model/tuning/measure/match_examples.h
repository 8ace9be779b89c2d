// Pairs of texts with similar features, and their maps, as examples to look at.
#pragma once

#include <vector>

#include "model/tuning/measure/similarity_probe.h"

namespace memo {

// A near, a middling and a far neighbour at the first, the middle and the last layer, each with the head whose
// similarity is the median. engine: plain.
std::vector<MatchExample> match_examples(Engine& engine, const ProbeResult& probe, const TextList& stored,
                                         const TextList& probed);

}  // namespace memo
