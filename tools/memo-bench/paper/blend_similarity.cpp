#include "tools/memo-bench/paper/blend_similarity.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// sum += weight * map
void add_scaled(const DenseMap& map, double weight, DenseMap& sum) {
  const auto factor = static_cast<float>(weight);
  for (std::size_t i = 0; i < map.size(); ++i) sum[i] += factor * map[i];
}

double mean_square(std::span<const float> distances) {
  double sum = 0;
  for (const float d : distances) sum += double{d} * d;
  return std::max(sum / static_cast<double>(distances.size()), 1e-12);
}

template <typename Weigh>
Weighting weighting(std::string name, const Weigh& weigh) {
  return {std::move(name), [weigh](std::span<const float> distances) {
            std::vector<double> weights;
            const double scale = mean_square(distances);
            for (const float d : distances) weights.push_back(weigh(double{d} * d, scale));
            return weights;
          }};
}

}  // namespace

DenseMap crop(DenseMap map, std::uint32_t stored_length, std::uint32_t length) {
  if (stored_length == length) return map;
  DenseMap cropped;
  for (std::size_t head = 0; head < map.size(); head += std::size_t{stored_length} * stored_length)
    for (std::uint32_t row = 0; row < length; ++row) {
      const float* from = map.data() + head + std::size_t{row} * stored_length;
      const float sum = std::accumulate(from, from + length, 0.0f);
      for (std::uint32_t i = 0; i < length; ++i) cropped.push_back(sum > 0 ? from[i] / sum : 0);
    }
  return cropped;
}

DenseMap decode_cropped(std::span<const std::byte> payload, MapShape shape, std::uint32_t length) {
  DenseMap whole(shape.rows() * shape.length);
  decode_map(payload, shape, whole);
  return crop(std::move(whole), shape.length, length);
}

double map_similarity(std::span<const float> a, std::span<const float> b, std::uint32_t length) {
  double difference = 0;
  for (std::size_t row = 0; row < a.size(); row += length) {
    float sum = 0;
    for (std::size_t i = row; i < row + length; ++i) sum += std::abs(a[i] - b[i]);
    difference += sum;
  }
  return 1 - 0.5 * difference * length / static_cast<double>(a.size());
}

std::vector<Weighting> blend_weightings() {
  constexpr double kLeast = 1e-12;
  return {weighting("equal", [](double, double) { return 1.0; }),
          weighting("1/d", [](double d2, double) { return 1 / std::sqrt(d2 + kLeast); }),
          weighting("1/d^2", [](double d2, double) { return 1 / (d2 + kLeast); }),
          weighting("1/d^4", [](double d2, double) { return 1 / (d2 * d2 + kLeast); }),
          weighting("exp(-d^2/mean)", [](double d2, double mean) { return std::exp(-d2 / mean); }),
          weighting("exp(-4d^2/mean)", [](double d2, double mean) { return std::exp(-4 * d2 / mean); })};
}

BlendSimilarity::BlendSimilarity(MemoPlan& plan, std::vector<std::uint32_t> counts,
                                 const std::vector<DenseMap>& averages)
    : plan_(plan),
      counts_(std::move(counts)),
      averages_(averages),
      heads_(static_cast<std::uint32_t>(plan.checkpoint().config.heads)),
      modes_(heads_, HeadMode::lookup),
      sums_(plan.policy().layers.size()) {
  for (Sums& sums : sums_) sums.blends.resize(weightings_.size() * counts_.size());
}

void BlendSimilarity::begin(TokenSequences batch) {
  buffers_.resize(batch.size());
  kept_.resize(batch.size());
  lengths_.clear();
  for (const auto& tokens : batch) lengths_.push_back(static_cast<std::uint32_t>(tokens.size()));
}

LayerAttention BlendSimilarity::prepare(std::size_t layer, const LayerStates& states) {
  LayerAttention attention;
  attention.modes = modes_;
  attention.sequences.resize(lengths_.size());
  Sequences all(lengths_.size());
  std::iota(all.begin(), all.end(), 0);
  FeatureTable features(plan_.embedder(layer), all.size());
  features.make(states, all);
  std::vector<LookupItem> items;
  for (const std::size_t i : all) {
    attention.sequences[i].keep_shape = shape(i);
    kept_[i] = {buffers_[i].reserve(shape(i).payload_bytes()), shape(i).payload_bytes()};
    attention.sequences[i].keep = kept_[i];
    items.push_back({Key{}, features.of(i), lengths_[i]});
  }
  matches_ = std::vector<std::optional<Match>>(items.size() * counts_.back());
  // If the lookup fails, these sequences are not compared: the number of sequences shows it.
  (void)plan_.store().lookup(
      {*plan_.space(layer), static_cast<Layer>(layer), plan_.layer(layer).max_distance, items, counts_.back()},
      matches_);
  return attention;
}

void BlendSimilarity::finish(std::size_t layer, std::span<const SequenceOutcome>) {
  std::vector<Sums> results(lengths_.size());
  tbb::parallel_for(std::size_t{0}, lengths_.size(), [&](std::size_t i) { results[i] = compare(layer, i); });
  Sums& sums = sums_[layer];
  for (const Sums& one : results) {
    if (one.sequences == 0) continue;
    ++sums.sequences;
    sums.distance += one.distance;
    sums.average += one.average;
    for (std::size_t i = 0; i < sums.blends.size(); ++i) sums.blends[i] += one.blends[i];
  }
  matches_.clear();
}

// Empty sums if fewer maps were found than the largest blend needs.
BlendSimilarity::Sums BlendSimilarity::compare(std::size_t layer, std::size_t sequence) const {
  Sums result;
  const std::uint32_t length = lengths_[sequence];
  const std::size_t most = counts_.back();
  const auto matches = std::span(matches_).subspan(sequence * most, most);
  std::vector<DenseMap> maps;
  std::vector<float> distances;
  for (const auto& match : matches) {
    if (!match) return result;
    maps.push_back(decode_cropped(match->view.payload(), plan_.map_shape(layer, match->length), length));
    distances.push_back(match->distance);
  }
  const DenseMap computed = decode_cropped(kept_[sequence], shape(sequence), length);
  result.sequences = 1;
  result.distance = distances[0];
  result.average = map_similarity(computed, crop(averages_[layer], plan_.policy().length, length), length);
  for (const Weighting& weighting : weightings_)
    for (const std::uint32_t count : counts_) {
      const std::vector<double> weights = weighting.weights(std::span(distances).first(count));
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      DenseMap blend(computed.size());
      for (std::uint32_t i = 0; i < count; ++i) add_scaled(maps[i], weights[i] / sum, blend);
      result.blends.push_back(map_similarity(computed, blend, length));
    }
  return result;
}

Json BlendSimilarity::summary() const {
  Json layers = Json::array();
  for (const Sums& sums : sums_) {
    const auto mean = [&](double sum) {
      return sum / static_cast<double>(std::max<std::uint64_t>(sums.sequences, 1));
    };
    Json layer{
        {"sequences", sums.sequences}, {"nearest_distance", mean(sums.distance)}, {"average", mean(sums.average)}};
    for (std::size_t w = 0; w < weightings_.size(); ++w)
      for (std::size_t c = 0; c < counts_.size(); ++c)
        layer["blends"][weightings_[w].name][fmt::format("{}", counts_[c])] =
            mean(sums.blends[w * counts_.size() + c]);
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace memo
