#include "model/layers/position_tables.h"

#include <cmath>
#include <cstring>

namespace memo {

float score_scale(const ModelConfig& config) {
  const int terms = 1 + config.relative.content_to_position + config.relative.position_to_content;
  return 1 / std::sqrt(static_cast<float>(config.head_dim()) * static_cast<float>(terms));
}

PackedPositions::PackedPositions(const ModelConfig& config, const LayerWeights& weights, DataType type,
                                 const Kernels& kernels)
    : config_(config),
      type_(type),
      kernels_(kernels),
      longest_(static_cast<std::size_t>(config.max_positions)),
      stride_(2 * longest_ - 1 + 2 * kTablePadding),
      head_bytes_(stride_ * static_cast<std::size_t>(config.head_dim()) * bytes_of(type)),
      next_(memory_.reserve(head_bytes_ * static_cast<std::size_t>(config.heads) *
                            (std::size_t{weights.position_keys.defined()} + weights.position_queries.defined()))),
      keys_(pack(weights.position_keys, true)),
      queries_(pack(weights.position_queries, false)) {
  if (weights.position_biases.defined()) pack_biases(weights.position_biases);
}

// table [2 * span, hidden] -> [heads, head_dim units, stride]
const std::byte* PackedPositions::pack(const Tensor& table, bool descending) {
  if (!table.defined()) return nullptr;
  std::byte* packed = next_;
  next_ += head_bytes_ * static_cast<std::size_t>(config_.heads);
  const auto longest = static_cast<std::int64_t>(longest_);
  for (std::int64_t distance = 1 - longest; distance < longest; ++distance) {
    const std::int64_t column = longest - 1 + (descending ? -distance : distance);
    pack_distance(table.data_ptr<float>() + config_.relative.row(distance) * config_.hidden,
                  kTablePadding + static_cast<std::size_t>(column), packed);
  }
  return packed;
}

// table [buckets, heads] -> [heads, stride]. Models add biases to scaled scores. Kernels add them before scaling, so
// they are divided by the scale here.
void PackedPositions::pack_biases(const Tensor& table) {
  const auto longest = static_cast<std::int64_t>(longest_);
  const auto heads = static_cast<std::size_t>(config_.heads);
  const float scale = score_scale(config_);
  biases_.assign(heads * stride_, 0);
  for (std::int64_t distance = 1 - longest; distance < longest; ++distance) {
    const float* biases = table.data_ptr<float>() + config_.distance_buckets.of(distance) * config_.heads;
    const std::size_t column = kTablePadding + static_cast<std::size_t>(longest - 1 - distance);
    for (std::size_t head = 0; head < heads; ++head) biases_[head * stride_ + column] = biases[head] / scale;
  }
}

// row [hidden] -> one column of every head's table
void PackedPositions::pack_distance(const float* row, std::size_t column, std::byte* packed) const {
  const auto head_dim = static_cast<std::size_t>(config_.head_dim());
  std::vector<Bf16> rounded(static_cast<std::size_t>(config_.hidden));
  if (type_ == DataType::bf16) kernels_.round(row, rounded.data(), rounded.size());
  for (std::size_t i = 0; i < rounded.size(); ++i) {
    const std::size_t d = i % head_dim;
    std::byte* table = packed + i / head_dim * head_bytes_;
    if (type_ == DataType::f32) {
      std::memcpy(table + (d * stride_ + column) * sizeof(float), row + i, sizeof(float));
    } else {
      std::memcpy(table + ((d / 2 * stride_ + column) * 2 + d % 2) * sizeof(Bf16), &rounded[i], sizeof(Bf16));
    }
  }
}

PositionTables PackedPositions::of_head(std::size_t head) const {
  PositionTables tables;
  if (keys_ != nullptr) tables.keys = keys_ + head * head_bytes_;
  if (queries_ != nullptr) tables.queries = queries_ + head * head_bytes_;
  if (!biases_.empty()) tables.biases = biases_.data() + head * stride_;
  tables.stride = stride_;
  tables.longest = static_cast<std::uint32_t>(longest_);
  return tables;
}

}  // namespace memo
