#include "tools/memo-bench/value_projection.h"

#include <algorithm>
#include <vector>

#include "model/engine/engine.h"
#include "tools/memo-bench/samples.h"

namespace memo {

double value_projection_seconds(const Checkpoint& checkpoint, DataType type, std::size_t rows, std::size_t block) {
  const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  const ModelConfig& config = checkpoint.config;
  const HeadProjection values(cpu, config, checkpoint.layers.front().qkv,
                              std::vector<bool>(static_cast<std::size_t>(config.heads), false), type);
  const std::size_t rounded = round_up_rows(block);
  HugeBuffer x;
  HugeBuffer y;
  LinearWorker worker(cpu);
  const std::size_t bytes = rounded * static_cast<std::size_t>(config.hidden) * sizeof(float);
  double least = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto start = BenchClock::now();
    values.run(worker, x.reserve(bytes), y.reserve(bytes), rounded);
    least = std::min(least, seconds_since(start));
  }
  return least * static_cast<double>(rows) / static_cast<double>(rounded) * static_cast<double>(config.layers);
}

}  // namespace memo
