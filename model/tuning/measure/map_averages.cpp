#include "model/tuning/measure/map_averages.h"

#include <fmt/format.h>

#include <numeric>

#include "embed/training/torch_tensor.h"
#include "model/policy/codebook.h"
#include "model/tuning/training/map_average.h"
#include "model/tuning/training/map_observer.h"

namespace memo {

std::vector<at::Tensor> average_maps(Engine& engine, const TextList& texts, std::uint32_t length,
                                     std::size_t batch, const Advance& advance) {
  const ModelConfig& config = engine.checkpoint().config;
  std::vector<std::int64_t> layers(static_cast<std::size_t>(config.layers));
  std::iota(layers.begin(), layers.end(), 0);
  std::vector<MapAverage> averages;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) averages.emplace_back(config.heads, length);
  MapObserver observer(config, layers, {{}, [&](std::size_t layer, std::size_t, const at::Tensor& map) {
                                          averages[layer].add(map);
                                        }});
  run_texts(engine, &observer, texts, batch, advance);
  std::vector<at::Tensor> means;
  for (const MapAverage& average : averages) means.push_back(average.mean());
  return means;
}

std::string average_name(std::size_t layer) {
  return fmt::format("layer.{}", layer);
}

Status save_averages(const std::vector<at::Tensor>& averages, const std::string& path) {
  Codebook codebook;
  for (std::size_t layer = 0; layer < averages.size(); ++layer)
    codebook.add(average_name(layer), from_torch(averages[layer]));
  return codebook.save(path);
}

}  // namespace memo
