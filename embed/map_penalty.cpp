#include "embed/map_penalty.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "memo/types.h"

namespace memo {
namespace {

constexpr float kMostPower = 4;

// As map_penalty.h says, of one text or of many.
template <typename Numbers>
Numbers rest_of(const PenaltyFit& fit, const Numbers& typicality, const Numbers& length, const Numbers& square) {
  return fit.at_zero + fit.per_typicality * typicality + fit.per_length * length - fit.per_square * square;
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

at::Tensor PenaltyFit::penalties(const at::Tensor& typicality, const at::Tensor& length,
                                 const at::Tensor& square) const {
  const at::Tensor rest = rest_of(*this, typicality, length, square);
  return (rest / usual).clamp_min(0).pow(power).clamp(kLeastPenalty, kMostPenalty).to(at::kFloat);
}

float PenaltyFit::penalty(float typicality, float length, float square) const {
  const float rest = rest_of(*this, typicality, length, square);
  const float penalty = std::pow(std::max(rest / usual, 0.0f), power);
  return is_penalty(penalty) ? penalty : penalty > 1 ? kMostPenalty : kLeastPenalty;
}

Result<PenaltyFit> PenaltyFit::of_tensor(const at::Tensor& numbers) {
  const float* values = numbers.data_ptr<float>();
  const PenaltyFit fit{values[0], values[1], values[2], values[3], values[4], values[5]};
  if (!at::isfinite(numbers).all().item<bool>())
    return Status(StatusCode::invalid_argument, "a penalty with a number that is not finite");
  if (!(fit.usual > 0) || !(fit.power >= 0 && fit.power <= kMostPower))
    return Status(StatusCode::invalid_argument,
                  fmt::format("a penalty with usual {} and power {}, must be above 0, and 0 to {}", fit.usual,
                              fit.power, kMostPower));
  return fit;
}

at::Tensor PenaltyFit::to_tensor() const {
  const std::array numbers{at_zero, per_typicality, per_length, per_square, usual, power};
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(numbers.size())}, at::kFloat);
  std::copy(numbers.begin(), numbers.end(), tensor.data_ptr<float>());
  return tensor;
}

Status MapPenalty::validate(std::uint32_t length_bucket) const {
  const std::int64_t rows = row_stride == 0 ? 0 : (length_bucket + row_stride - 1) / row_stride;
  if (average.dim() != 3 || average.size(0) == 0 || average.size(1) != rows ||
      average.size(2) != std::int64_t{length_bucket})
    return {StatusCode::invalid_argument,
            fmt::format("the average map is not of {} rows of {} elements a head", rows, length_bucket)};
  constexpr double kRounding = 1e-3;
  const bool averages = at::isfinite(average).all().item<bool>() && average.min().item<float>() >= 0 &&
                        average.sum(2).max().item<float>() <= 1 + kRounding;
  return averages ? Status::ok() : Status(StatusCode::invalid_argument, "the average map is not one");
}

}  // namespace memo
