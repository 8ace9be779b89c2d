#include "model/layers/transformer_layer.h"

namespace memo {
namespace {

bool has_positions(const ModelConfig& config) {
  return config.relative.span > 0 || config.distance_buckets.count > 0;
}

}  // namespace

TransformerLayer::TransformerLayer(const dnnl::engine& engine, const ModelConfig& config,
                                   const LayerWeights& weights, DataType type, const Kernels& kernels)
    : engine_(engine),
      config_(config),
      weights_(weights),
      type_(type),
      kernels_(kernels),
      tail_(engine, config, weights, type, kernels) {
  if (has_positions(config)) positions_.emplace(config, weights, values_of(type), kernels);
}

const HeadProjection& TransformerLayer::projection(const std::vector<bool>& computed) {
  std::unique_ptr<HeadProjection>& found = projections_[computed];
  if (!found) found = std::make_unique<HeadProjection>(engine_, kernels_, config_, weights_.qkv, computed, type_);
  return *found;
}

PositionTables TransformerLayer::positions(std::size_t head) const {
  return positions_ ? positions_->of_head(head) : PositionTables{};
}

}  // namespace memo
