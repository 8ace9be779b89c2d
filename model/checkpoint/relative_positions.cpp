#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include "model/checkpoint/model_config.h"

namespace memo {
namespace {

// Distances up to the middle have a bucket each; longer ones share buckets on a logarithmic scale. Computed in single
// precision like the reference, because another rounding could give another row of the table.
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

// In single precision like the reference, for the same reason.
std::int64_t logarithmic_bucket(std::int64_t distance, std::int64_t exact, std::int64_t most,
                                std::int64_t max_distance) {
  const float ratio = static_cast<float>(distance) / static_cast<float>(exact);
  const double longest = static_cast<double>(max_distance) / static_cast<double>(exact);
  const float steps = std::log(ratio) / static_cast<float>(std::log(longest)) * static_cast<float>(most - exact);
  return std::min(exact + static_cast<std::int64_t>(steps), most - 1);
}

}  // namespace

std::int64_t RelativePositions::row(std::int64_t distance) const {
  assert(span > 0);
  const std::int64_t bucket = buckets > 0 ? bucket_of(distance, *this) : distance;
  return std::clamp<std::int64_t>(bucket + span, 0, 2 * span - 1);
}

std::int64_t DistanceBuckets::of(std::int64_t distance) const {
  assert(count >= 4);
  const std::int64_t half = count / 2;
  const std::int64_t exact = half / 2;
  const std::int64_t absolute = std::abs(distance);
  const std::int64_t bucket =
      absolute < exact ? absolute : logarithmic_bucket(absolute, exact, half, max_distance);
  return distance < 0 ? half + bucket : bucket;
}

}  // namespace memo
