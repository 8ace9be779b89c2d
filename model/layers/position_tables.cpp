#include "model/layers/position_tables.h"

#include <cstring>
#include <vector>

namespace memo {

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
      queries_(pack(weights.position_queries, false)) {}

// table [2 * span, hidden] -> [heads, head_dim units, stride]
const std::byte* PackedPositions::pack(const at::Tensor& table, bool descending) {
  if (!table.defined()) return nullptr;
  std::byte* packed = next_;
  next_ += head_bytes_ * static_cast<std::size_t>(config_.heads);
  const at::Tensor rows = table.contiguous();
  const auto longest = static_cast<std::int64_t>(longest_);
  for (std::int64_t distance = 1 - longest; distance < longest; ++distance) {
    const std::int64_t column = longest - 1 + (descending ? -distance : distance);
    pack_distance(rows.data_ptr<float>() + config_.relative.row(distance) * config_.hidden,
                  kTablePadding + static_cast<std::size_t>(column), packed);
  }
  return packed;
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
  tables.stride = stride_;
  tables.longest = static_cast<std::uint32_t>(longest_);
  return tables;
}

}  // namespace memo
