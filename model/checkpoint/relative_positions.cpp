#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include "model/checkpoint/model_config.h"

namespace memo {
namespace {

// Distances up to the middle have a bucket each; longer ones share buckets that grow logarithmically. In single
// precision like the reference, as a rounding error here is another row of the table.
std::int64_t bucket_of(std::int64_t distance, const RelativePositions& relative) {
  const std::int64_t middle = relative.buckets / 2;
  const std::int64_t absolute = std::abs(distance);
  if (absolute <= middle) return distance;
  const float ratio = static_cast<float>(absolute) / static_cast<float>(middle);
  const float longest = static_cast<float>(relative.max_distance - 1) / static_cast<float>(middle);
  const float steps = std::log(ratio) / std::log(longest) * static_cast<float>(middle - 1);
  const std::int64_t bucket = middle + static_cast<std::int64_t>(std::ceil(steps));
  return distance < 0 ? -bucket : bucket;
}

}  // namespace

std::int64_t RelativePositions::row(std::int64_t distance) const {
  assert(span > 0);
  const std::int64_t bucket = buckets > 0 ? bucket_of(distance, *this) : distance;
  return std::clamp<std::int64_t>(bucket + span, 0, 2 * span - 1);
}

}  // namespace memo
