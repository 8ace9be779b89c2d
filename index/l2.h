// Squared L2 distance between two features, with the widest vectors of the CPU it runs on.
#pragma once

#include <cstddef>

namespace memo {

// Shapes: a, b [dimension]; no alignment needed.
using L2Squared = float (*)(const float* a, const float* b, std::size_t dimension);

// The fastest implementation that this CPU can run. All agree to rounding.
L2Squared l2_squared_for_this_cpu();

// The implementation that every CPU can run: the reference for the others.
float l2_squared_portable(const float* a, const float* b, std::size_t dimension);

}  // namespace memo
