#include "embed/map_penalty.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "memo/types.h"

namespace memo {
namespace {

constexpr float kMaxPower = 4;

bool all_finite(std::span<const float> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float number) { return std::isfinite(number); });
}

// Whether all rows sum to 1 at most, of numbers that are not negative. Shapes: maps [heads, rows, length_bucket]
bool is_average(const Tensor& maps) {
  constexpr float kRounding = 1e-3f;
  const Tensor rows = maps.reshape({maps.size(0) * maps.size(1), maps.size(2)});
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const std::span<const float> row = rows.row(i);
    const bool positive = std::all_of(row.begin(), row.end(), [](float number) { return number >= 0; });
    if (!positive || !(std::accumulate(row.begin(), row.end(), 0.0f) <= 1 + kRounding)) return false;
  }
  return true;
}

}  // namespace

float overlap(std::span<const float> row, std::span<const float> average) {
  float whole = 0;
  for (std::size_t i = 0; i < row.size(); ++i) whole += average[i];
  const float scale = whole > 0 ? 1 / whole : 0;
  float sum = 0;
  for (std::size_t i = 0; i < row.size(); ++i) sum += std::min(row[i], scale * average[i]);
  return sum;
}

float PenaltyFit::penalty(float typicality, float length, float square) const {
  const float rest = at_zero + per_typicality * typicality + per_length * length - per_square * square;
  const float penalty = std::pow(std::max(rest / usual, 0.0f), power);
  return is_penalty(penalty) ? penalty : penalty > 1 ? kMaxPenalty : kMinPenalty;
}

Result<PenaltyFit> PenaltyFit::of_tensor(const Tensor& numbers) {
  const float* values = numbers.data_ptr<float>();
  const PenaltyFit fit{values[0], values[1], values[2], values[3], values[4], values[5]};
  if (!all_finite(numbers.elements()))
    return Status(StatusCode::invalid_argument, "a penalty with a number that is not finite");
  if (!(fit.usual > 0) || !(fit.power >= 0 && fit.power <= kMaxPower))
    return Status(StatusCode::invalid_argument,
                  fmt::format("a penalty with usual {} and power {}, must be above 0, and 0 to {}", fit.usual,
                              fit.power, kMaxPower));
  return fit;
}

Tensor PenaltyFit::to_tensor() const {
  const std::array numbers{at_zero, per_typicality, per_length, per_square, usual, power};
  return Tensor::of({static_cast<std::int64_t>(numbers.size())}, numbers);
}

Status MapPenalty::validate(std::uint32_t length_bucket) const {
  const std::int64_t rows = row_stride == 0 ? 0 : (length_bucket + row_stride - 1) / row_stride;
  if (average.dim() != 3 || average.size(0) == 0 || average.size(1) != rows ||
      average.size(2) != std::int64_t{length_bucket})
    return {StatusCode::invalid_argument,
            fmt::format("the average map is not of {} rows of {} elements a head", rows, length_bucket)};
  return is_average(average) ? Status::ok() : Status(StatusCode::invalid_argument, "the average map is not one");
}

}  // namespace memo
