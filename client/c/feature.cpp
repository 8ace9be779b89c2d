#include "client/c/feature.h"

#include <fmt/format.h>

#include "memo/types.h"

namespace memo::c {

Result<std::span<const float>> feature_of(const float* feature, std::uint32_t feature_dimension) {
  if ((feature == nullptr) != (feature_dimension == 0))
    return Status{StatusCode::invalid_argument,
                  fmt::format("feature is {} and feature_dimension is {}: set both or neither",
                              feature == nullptr ? "NULL" : "set", feature_dimension)};
  if (feature_dimension > kMaxFeatureDimension)
    return Status{StatusCode::invalid_argument, fmt::format("feature_dimension is {}, must be at most {}",
                                                            feature_dimension, kMaxFeatureDimension)};
  return std::span(feature, feature_dimension);
}

}  // namespace memo::c
