#include "model/tuning/measure/match_examples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "model/tuning/measure/map_similarity.h"

namespace memo {
namespace {

constexpr double kRanks[] = {0.01, 0.5, 0.95};  // of neighbours, nearest first
constexpr std::int64_t kPictureSize = 48;
constexpr std::size_t kShownBytes = 400;

at::Tensor map_of(Engine& engine, const ProfileText& text, std::size_t layer) {
  at::Tensor found;
  MapObserver observer(engine.checkpoint().config, {static_cast<std::int64_t>(layer)},
                       {{}, [&](std::size_t, std::size_t, const at::Tensor& map) { found = map; }});
  run_texts(engine, &observer, {&text}, 1, {});
  return found;
}

// Averages squares of elements, so that the picture is small enough, and scales each row to its largest element.
MapPicture picture(const at::Tensor& map) {
  const std::int64_t size = std::min(kPictureSize, map.size(0));
  // [length, length] -> [size, size]
  const at::Tensor small = at::adaptive_avg_pool2d(map.unsqueeze(0), {size, size}).squeeze(0);
  const at::Tensor scaled = (small / at::clamp_min(small.amax(-1, true), 1e-12)).to(at::kFloat).contiguous();
  return {static_cast<std::uint32_t>(size), {scaled.data_ptr<float>(), scaled.data_ptr<float>() + scaled.numel()}};
}

std::size_t median_head(const std::vector<double>& similarity) {
  std::vector<std::size_t> heads(similarity.size());
  std::iota(heads.begin(), heads.end(), 0);
  std::sort(heads.begin(), heads.end(),
            [&](std::size_t a, std::size_t b) { return similarity[a] < similarity[b]; });
  return heads[heads.size() / 2];
}

std::string beginning(const std::string& text) {
  return text.substr(0, kShownBytes);
}

MatchExample make_example(Engine& engine, std::size_t layer, const NearestMap& nearest, const ProfileText& text,
                          const ProfileText& matched) {
  const std::size_t head = median_head(nearest.similarity);
  const at::Tensor computed = map_of(engine, text, layer);
  const at::Tensor stored = cropped(map_of(engine, matched, layer), computed.size(1));
  const auto index = static_cast<std::int64_t>(head);
  MatchExample example;
  example.layer = static_cast<std::uint32_t>(layer);
  example.head = static_cast<std::uint32_t>(head);
  example.distance = nearest.distance;
  example.similarity = nearest.similarity[head];
  example.text = beginning(text.text);
  example.matched = beginning(matched.text);
  example.computed = picture(computed[index]);
  example.stored = picture(stored[index]);
  return example;
}

}  // namespace

std::vector<MatchExample> match_examples(Engine& engine, const ProbeResult& probe, const TextList& stored,
                                         const TextList& probed) {
  const std::size_t layers = probe.nearest.size();
  std::vector<MatchExample> examples;
  for (const std::size_t layer : std::set<std::size_t>{0, layers / 2, layers - 1}) {
    std::vector<NearestMap> nearest = probe.nearest[layer];
    if (nearest.empty()) continue;
    std::sort(nearest.begin(), nearest.end(),
              [](const NearestMap& a, const NearestMap& b) { return a.distance < b.distance; });
    for (const double rank : kRanks) {
      const NearestMap& chosen = nearest[static_cast<std::size_t>(rank * static_cast<double>(nearest.size() - 1))];
      examples.push_back(make_example(engine, layer, chosen, *probed[chosen.text], *stored[chosen.matched]));
    }
  }
  return examples;
}

}  // namespace memo
