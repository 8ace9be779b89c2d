#include "tools/memo-bench/store/recall.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/memo-bench/store/workload/random.h"
#include "tools/memo-bench/store/workload/traffic.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// Shapes: [queries, dimension]
std::vector<float> all_queries(const Corpus& corpus, std::uint64_t memos, std::uint32_t queries) {
  std::vector<float> features(std::size_t{queries} * corpus.dimension());
  for (std::uint32_t query = 0; query < queries; ++query)
    recall_query(corpus, memos, query,
                 std::span(features).subspan(query * std::size_t{corpus.dimension()}, corpus.dimension()));
  return features;
}

// The nearest of memos first .. last - 1 for each query; distances are squared.
std::vector<NearestMemo> nearest_in(const Corpus& corpus, std::span<const float> queries, std::uint64_t first,
                                    std::uint64_t last) {
  const std::size_t dimension = corpus.dimension();
  std::vector<NearestMemo> nearest(queries.size() / dimension, {0, std::numeric_limits<float>::max()});
  std::vector<float> feature(dimension);
  for (std::uint64_t number = first; number < last; ++number) {
    corpus.feature(number, feature);
    for (std::size_t query = 0; query < nearest.size(); ++query) {
      const float distance = squared_distance(feature, queries.subspan(query * dimension, dimension));
      if (distance < nearest[query].distance) nearest[query] = {number, distance};
    }
  }
  return nearest;
}

}  // namespace

std::vector<NearestMemo> exhaustive_nearest(const Corpus& corpus, std::uint64_t memos, std::uint32_t queries) {
  const std::vector<float> features = all_queries(corpus, memos, queries);
  const std::uint64_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::vector<NearestMemo>> parts(threads);
  {
    std::vector<std::jthread> workers;
    for (std::uint64_t part = 0; part < threads; ++part)
      workers.emplace_back([&, part] {
        parts[part] = nearest_in(corpus, features, memos * part / threads, memos * (part + 1) / threads);
      });
  }
  std::vector<NearestMemo> nearest = parts[0];
  for (const auto& part : parts)
    for (std::size_t query = 0; query < nearest.size(); ++query)
      if (part[query].distance < nearest[query].distance) nearest[query] = part[query];
  for (NearestMemo& memo : nearest) memo.distance = std::sqrt(memo.distance);
  return nearest;
}

Json judge_recall(const Corpus& corpus, std::uint64_t memos, const Json& answers) {
  const auto queries = static_cast<std::uint32_t>(answers.size());
  const std::vector<NearestMemo> nearest = exhaustive_nearest(corpus, memos, queries);
  double counted = 0, right = 0, own = 0, distance = 0;
  for (std::uint32_t query = 0; query < queries; ++query) {
    if (nearest[query].distance > Corpus::kMaxDistance) continue;
    const Json& answer = answers[query];
    const Key key = {answer.at("high"), answer.at("low")};
    const bool as_near = answer.at("distance").get<float>() <= nearest[query].distance * 1.0001f;
    right += answer.at("found") == true && (key == key_of(nearest[query].number) || as_near);
    own += nearest[query].number == mix_bits(query) % memos;
    distance += nearest[query].distance;
    ++counted;
  }
  const double all = std::max(1.0, counted);
  return {{"queries", counted},
          {"recall_at_1", right / all},
          {"of_its_own", own / all},
          {"mean_distance", distance / all}};
}

}  // namespace memo
