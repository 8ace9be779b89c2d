#include "model/memo/selection/layer_penalty.h"

#include <cassert>
#include <numeric>
#include <vector>

namespace memo {
namespace {

// Shapes: average [heads, rows, length_bucket] -> [heads that look up, rows, length_bucket]
Tensor of_heads_that_look_up(const Tensor& average, std::span<const HeadMode> modes) {
  std::vector<Tensor> heads;
  for (std::size_t head = 0; head < modes.size(); ++head)
    if (modes[head] == HeadMode::lookup) heads.push_back(average.narrow(static_cast<std::int64_t>(head), 1));
  return heads.empty() ? average.narrow(0, 0) : concatenate(heads);
}

}  // namespace

LayerPenalty::LayerPenalty(const MapPenalty& penalty, std::span<const HeadMode> modes)
    : fit_(penalty.fit),
      row_stride_(penalty.row_stride),
      average_(of_heads_that_look_up(penalty.average, modes)) {}

float LayerPenalty::typicality(std::span<const std::byte> payload, MapShape shape) const {
  const auto rows = static_cast<std::size_t>(average_.size(1));
  const auto bucket = static_cast<std::size_t>(average_.size(2));
  assert(shape.heads == average_.size(0) && shape.length <= bucket);
  std::vector<float> row(shape.length);
  float sum = 0;
  std::size_t compared = 0;
  for (std::size_t head = 0; head < shape.heads; ++head)
    for (std::size_t i = 0; i * row_stride_ < shape.length; ++i, ++compared) {
      decode_map_row(payload, shape, head * shape.length + i * row_stride_, row);
      sum += overlap(row, {average_.data_ptr<float>() + (head * rows + i) * bucket, bucket});
    }
  return sum / static_cast<float>(compared);
}

float LayerPenalty::of(std::span<const std::byte> payload, MapShape shape, std::span<const float> feature) const {
  const float length = static_cast<float>(shape.length) / static_cast<float>(average_.size(2));
  const float square = std::inner_product(feature.begin(), feature.end(), feature.begin(), 0.0f);
  return fit_.penalty(typicality(payload, shape), length, square);
}

}  // namespace memo
