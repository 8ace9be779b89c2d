// Pairs of texts that features take for alike, with their maps, to be looked at.
#pragma once

#include <vector>

#include "tools/memo-profile/similarity_probe.h"

namespace memo {

// A near, a middling and a far neighbour at the first, the middle and the last layer, each with the head whose
// similarity is the median. engine: plain.
std::vector<MatchExample> match_examples(Engine& engine, const ProbeResult& probe, const TextList& stored,
                                         const TextList& probed);

}  // namespace memo
