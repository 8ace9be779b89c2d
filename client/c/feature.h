// Features as a C caller gives them: a pointer and how many floats it has.
#pragma once

#include <cstdint>
#include <span>

#include "memo/status.h"

namespace memo::c {

// Empty for null and 0.
// Errors: invalid_argument (only one of the two is 0, or more floats than a feature has).
Result<std::span<const float>> feature_of(const float* feature, std::uint32_t feature_dimension);

}  // namespace memo::c
