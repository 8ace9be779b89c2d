// MapObserver: computes everything, and passes the maps of some layers to a visitor.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "model/checkpoint/model_config.h"
#include "model/engine/attention_source.h"
#include "model/layers/huge_buffer.h"

namespace memo {

// Threads: as AttentionSource; the visitor is called by the thread that runs the engine.
class MapObserver : public AttentionSource {
 public:
  struct Visitor {
    // Called before a layer is computed; may be empty.
    std::function<void(std::size_t layer, const LayerStates& input)> input;
    // Shapes: map [heads, length, length] f32, the visitor's to keep.
    std::function<void(std::size_t layer, std::size_t sequence, const at::Tensor& map)> map;
  };
  // layers: whose maps are shown. Requires: each below config.layers.
  MapObserver(const ModelConfig& config, const std::vector<std::int64_t>& layers, Visitor visitor);

  void begin(TokenSequences batch) override;
  LayerAttention prepare(std::size_t layer, const LayerStates& input) override;
  bool intact(std::size_t) const override { return true; }
  void finish(std::size_t layer, std::span<const SequenceOutcome> outcomes) override;

 private:
  MapShape shape(std::size_t sequence) const { return {heads_, lengths_[sequence], MapEncoding::f32}; }

  const std::uint32_t heads_;
  const std::vector<HeadMode> modes_;  // [heads]: lookups that all miss, so that every map is computed and kept
  std::vector<bool> observed_;         // [layers]
  const Visitor visitor_;
  std::vector<HugeBuffer> payloads_;    // [batch], of the current layer
  std::vector<std::uint32_t> lengths_;  // [batch]
};

}  // namespace memo
