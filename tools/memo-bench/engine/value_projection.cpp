#include "tools/memo-bench/engine/value_projection.h"

#include <memory>
#include <utility>
#include <vector>

#include "model/engine/engine.h"
#include "model/tuning/result/median.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {

double value_projection_seconds(const Checkpoint& checkpoint, DataType type, std::size_t rows, std::size_t block) {
  constexpr int kRounds = 21;
  const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  const ModelConfig& config = checkpoint.config;
  const std::vector<bool> none(static_cast<std::size_t>(config.heads), false);
  // Goes through all layers in turn: in a real run, too, each layer's weights have left the nearest cache.
  std::vector<std::unique_ptr<HeadProjection>> layers;
  for (const LayerWeights& weights : checkpoint.layers)
    layers.push_back(std::make_unique<HeadProjection>(cpu, best_kernels(), config, weights.qkv, none, type));
  const std::size_t rounded = round_up_rows(block);
  const std::size_t bytes = rounded * static_cast<std::size_t>(config.hidden) * sizeof(float);
  HugeBuffer x;
  HugeBuffer y;
  LinearWorker worker(cpu);
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = BenchClock::now();
    for (const auto& layer : layers) layer->run(worker, x.reserve(bytes), y.reserve(bytes), rounded);
    seconds.push_back(seconds_since(start));
  }
  return median(std::move(seconds)) * static_cast<double>(rows) / static_cast<double>(rounded);
}

}  // namespace memo
