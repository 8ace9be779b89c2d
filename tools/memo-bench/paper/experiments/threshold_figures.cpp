#include "tools/memo-bench/paper/experiments/threshold_figures.h"

#include <nlohmann/json.hpp>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

double share(std::uint64_t hits, const LayerCounters& of) {
  return static_cast<double>(hits) / static_cast<double>(of.exact_hits + of.similar_hits + of.computed);
}

}  // namespace

Json json_of(const Interval& interval) {
  return {{"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}};
}

Json rate_figures(std::span<const LayerCounters> counters) {
  LayerCounters all;
  Json by_layer = Json::array();
  for (const LayerCounters& layer : counters) {
    all += layer;
    by_layer.push_back(share(layer.exact_hits + layer.similar_hits, layer));
  }
  return {{"rate", share(all.exact_hits + all.similar_hits, all)},
          {"rate_by_key", share(all.exact_hits, all)},
          {"rate_by_layer", std::move(by_layer)},
          {"errors", all.errors}};
}

Json quality_figures(const TextList& texts, const Judge* judge, const ModelOutputs& plain,
                     const ModelOutputs& memoized) {
  const Fidelity found = fidelity(plain.embeddings, memoized.embeddings);
  Json figures{{"cosine", found.mean}, {"cosine_p05", found.p05}};
  if (judge == nullptr) return figures;
  const std::vector<bool> right = judge->right(texts, memoized);
  figures["accuracy"] = per_cent(right);
  figures["lost"] = json_of(points_lost(judge->right(texts, plain), right));
  return figures;
}

}  // namespace memo
