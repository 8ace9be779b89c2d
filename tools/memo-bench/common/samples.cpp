#include "tools/memo-bench/common/samples.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

namespace memo {

nlohmann::ordered_json Samples::summary() const {
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&sorted](double share) {
    return sorted.empty() ? 0.0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  return {{"count", sorted.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1)}};
}

std::vector<float> bench_centre(std::uint64_t number, std::uint32_t dimension) {
  constexpr std::uint64_t kCentres = 4096;
  std::mt19937 random(static_cast<std::uint32_t>(number % kCentres));
  std::normal_distribution<float> far(0, 1);
  std::vector<float> centre(dimension);
  for (float& value : centre) value = far(random);
  return centre;
}

std::vector<float> bench_feature(std::uint64_t number, std::uint32_t dimension) {
  std::mt19937 random(static_cast<std::uint32_t>(number * 2654435761u + 1));
  std::normal_distribution<float> near(0, 0.2f);
  std::vector<float> feature = bench_centre(number, dimension);
  for (float& value : feature) value += near(random);
  return feature;
}

std::vector<float> with_noise(std::vector<float> feature, float spread, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  for (float& value : feature) value += spread * normal(random);
  return feature;
}

}  // namespace memo
