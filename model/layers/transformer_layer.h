// TransformerLayer: the packed weights of one layer, and which projections its heads need.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/layers/feed_forward.h"
#include "model/layers/head_projection.h"
#include "model/layers/position_tables.h"

namespace memo {

class TransformerLayer {
 public:
  // Lifetime: config and weights outlive this.
  TransformerLayer(const dnnl::engine& engine, const ModelConfig& config, const LayerWeights& weights,
                   DataType type, const Kernels& kernels);

  // The first call for a set of heads makes the projection, and keeps it. Requires: computed [heads]. Threads: one
  // at a time.
  const HeadProjection& projection(const std::vector<bool>& computed);

  // Threads: any.
  const LayerTail& tail() const { return tail_; }
  // Null pointers where the model has no relative positions.
  PositionTables positions(std::size_t head) const;

 private:
  const dnnl::engine engine_;
  const ModelConfig& config_;
  const LayerWeights& weights_;
  const DataType type_;
  const Kernels& kernels_;
  const LayerTail tail_;
  std::optional<PackedPositions> positions_;
  std::map<std::vector<bool>, std::unique_ptr<HeadProjection>> projections_;
};

}  // namespace memo
