#include "model/tuning/training/map_observer.h"

#include <ATen/ops/empty.h>

namespace memo {

MapObserver::MapObserver(const ModelConfig& config, const std::vector<std::int64_t>& layers, Visitor visitor)
    : heads_(static_cast<std::uint32_t>(config.heads)),
      modes_(heads_, HeadMode::lookup),
      observed_(static_cast<std::size_t>(config.layers)),
      visitor_(std::move(visitor)) {
  for (const std::int64_t layer : layers) observed_[static_cast<std::size_t>(layer)] = true;
}

void MapObserver::begin(TokenSequences batch) {
  payloads_.resize(batch.size());
  lengths_.clear();
  for (const auto& tokens : batch) lengths_.push_back(static_cast<std::uint32_t>(tokens.size()));
}

LayerAttention MapObserver::prepare(std::size_t layer, const LayerStates& input) {
  LayerAttention attention;
  if (!observed_[layer]) return attention;
  if (visitor_.input) visitor_.input(layer, input);
  attention.modes = modes_;
  attention.sequences.resize(lengths_.size());
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    attention.sequences[i].keep_shape = shape(i);
    attention.sequences[i].keep = {payloads_[i].reserve(shape(i).payload_bytes()), shape(i).payload_bytes()};
  }
  return attention;
}

void MapObserver::finish(std::size_t layer, std::span<const SequenceOutcome>) {
  if (!observed_[layer]) return;
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    const std::int64_t length = lengths_[i];
    at::Tensor map = at::empty({std::int64_t{heads_}, length, length});
    decode_map({payloads_[i].reserve(0), shape(i).payload_bytes()}, shape(i),
               {map.data_ptr<float>(), static_cast<std::size_t>(map.numel())});
    visitor_.map(layer, i, map);
  }
}

}  // namespace memo
