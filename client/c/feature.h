// Features as a C caller gives them: a pointer and how many floats it has.
#pragma once

#include <cstdint>
#include <span>

#include "memo/status.h"

namespace memo::c {

// Empty for null and 0.
// Errors: invalid_argument (one of both is 0, more floats than a feature has).
Result<std::span<const float>> feature_of(const float* feature, std::uint32_t feature_dimension);

}  // namespace memo::c
