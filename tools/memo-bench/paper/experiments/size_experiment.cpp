#include "tools/memo-bench/paper/experiments/size_experiment.h"

#include <nlohmann/json.hpp>
#include <numeric>

#include "tools/memo-bench/paper/ground/paper_runner.h"
#include "tools/memo-bench/paper/ground/thresholds.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The mean similarity, over layers and heads, of one average map that serves all texts.
double average_similarity(const ProbeResult& probe) {
  std::vector<double> fixed;
  for (const HeadSimilarity& head : probe.similarities) fixed.push_back(head.fixed);
  return mean(fixed);
}

Json hit_rates(const ProbeResult& probe, std::size_t probed, const std::vector<float>& distances) {
  Json rates = Json::array();
  for (const float distance : distances) {
    const WithinThreshold found = within(probe, probed, std::vector<float>(probe.nearest.size(), distance));
    rates.push_back({{"max_distance", distance}, {"rate", found.rate}, {"similarity", found.similarity}});
  }
  return rates;
}

Result<Json> measure(PaperGround& ground, MapPool& pool, std::size_t size) {
  MEMO_RETURN_IF_ERROR(pool.fill(ground.stored(), size));
  const TextList probed = first(ground.test(), ground.options().probed);
  SimilarityProbe probe(pool.model(), ground.averages());
  Progress progress("comparing maps with those of " + std::to_string(size) + " texts");
  MEMO_ASSIGN_OR_RETURN(const ProbeResult found, probe.ask(first(ground.stored(), size), probed,
                                                           ground.options().batch, ground.advance(progress)));
  MEMO_ASSIGN_OR_RETURN(const StoreStats stats, pool.stats());
  const WithinThreshold nearest = within(found, probed.size(), std::vector<float>(ground.layers(), kAnyDistance));
  const double search_us = mean(found.search_us);
  return Json{{"texts", size},
              {"maps", stats.memos},
              {"pool_bytes", stats.reserved_bytes},
              {"payload_bytes", stats.payload_bytes},
              {"nearest", {{"similarity", nearest.similarity}, {"found", nearest.rate}}},
              {"average_similarity", average_similarity(found)},
              {"hit_rates", hit_rates(found, probed.size(), ground.options().distances)},
              {"features_us", mean(found.lookup_us) - search_us},
              {"search_us", search_us}};
}

}  // namespace

Status run_size_experiment(PaperGround& ground, MapPool& pool, Json& rows) {
  rows = Json::array();
  for (const std::uint32_t size : ground.options().sizes) {
    if (size > ground.stored().size()) break;
    MEMO_ASSIGN_OR_RETURN(Json row, measure(ground, pool, size));
    rows.push_back(std::move(row));
  }
  return Status::ok();
}

}  // namespace memo
