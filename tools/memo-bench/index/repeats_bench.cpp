#include "tools/memo-bench/index/repeats_bench.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

#include "client/process/stderr_text.h"
#include "index/distance/l2.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;
using Features = std::vector<std::vector<float>>;

struct Kind {
  const char* name;
  bool at_origin;
  float spread;
};
constexpr Kind kKinds[] = {
    {"equal, origin", true, 0},     {"equal, centre", false, 0},   {"1e-7, origin", true, 1e-7f},
    {"1e-7, centre", false, 1e-7f}, {"1e-5, origin", true, 1e-5f}, {"1e-5, centre", false, 1e-5f},
};

class RepeatsRun {
 public:
  RepeatsRun(const SearchBench& options, double part, const Kind& kind)
      : options_(options), random_(options.seed) {
    const std::vector<float> place =
        kind.at_origin ? std::vector<float>(options.dimension) : bench_centre(0, options.dimension);
    std::bernoulli_distribution is_repeated(part);
    for (std::uint64_t number = 0; number < options.features; ++number) {
      const bool repeats = is_repeated(random_);
      stored_.push_back(repeats ? with_noise(place, kind.spread, random_)
                                : bench_feature(number, options.dimension));
      (repeats ? repeated_ : others_).push_back(number);
    }
  }

  Json measure(FeatureFormat format) {
    VectorIndex index({.dimension = options_.dimension, .features = format, .flat_limit = 0});
    const auto start = BenchClock::now();
    for (std::uint64_t number = 0; number < stored_.size(); ++number) {
      index.add(number, stored_[number]);
      if (number % 256 == 255) maintain(index);
    }
    maintain(index);
    return {{"build_s", seconds_since(start)},
            {"nodes", index.stats().graph_nodes},
            {"bytes_each", static_cast<double>(index.memory().total()) / static_cast<double>(stored_.size())},
            {"others", measure(index, others_)},
            {"repeated", measure(index, repeated_)}};
  }

 private:
  static void maintain(VectorIndex& index) {
    while (index.maintain()) continue;
  }
  float distance(const std::vector<float>& query, std::uint64_t number) const {
    return l2_distance(query, stored_[number]);
  }
  float least_distance(const std::vector<float>& query) const {
    float least = std::numeric_limits<float>::infinity();
    for (std::uint64_t number = 0; number < stored_.size(); ++number)
      least = std::min(least, distance(query, number));
    return least;
  }
  bool finds_nearest(const VectorIndex& index, const std::vector<float>& query) const {
    std::array<Neighbor, 8> nearest;
    const std::size_t count = index.search(query, nearest);
    const float enough = least_distance(query) * 1.001f + 1e-5f;
    return std::any_of(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(count),
                       [&](const Neighbor& neighbor) { return distance(query, neighbor.label) <= enough; });
  }

  // The first pass counts and warms up.
  Json measure(const VectorIndex& index, const std::vector<std::uint64_t>& numbers) {
    constexpr int kPasses = 5;
    if (numbers.empty()) return nullptr;
    Features queries;
    std::size_t found = 0;
    for (std::uint64_t q = 0; q < options_.queries; ++q) {
      queries.push_back(with_noise(stored_[numbers[random_() % numbers.size()]], 0.05f, random_));
      found += finds_nearest(index, queries.back());
    }
    Samples samples;
    for (int pass = 0; pass < kPasses; ++pass)
      for (const auto& query : queries) {
        std::array<Neighbor, 8> nearest;
        const auto start = BenchClock::now();
        (void)index.search(query, nearest);
        samples.add(start);
      }
    return {{"recall", static_cast<double>(found) / static_cast<double>(queries.size())},
            {"us", samples.summary()}};
  }

  const SearchBench& options_;
  std::mt19937_64 random_;
  Features stored_;
  std::vector<std::uint64_t> repeated_, others_;
};

std::string cells(const Json& figures) {
  if (figures.is_null()) return "| | ";
  return fmt::format("{:.3f} | {:.0f} | {:.0f}", figures["recall"].get<double>(),
                     figures["us"]["p50"].get<double>(), figures["us"]["p99"].get<double>());
}

}  // namespace

Json run_repeats(const SearchBench& options) {
  Json rows = Json::array();
  for (const double part : options.repeats)
    for (const Kind& kind : kKinds) {
      if (part == 0 && &kind != kKinds) break;  // without repeats all kinds are the same
      RepeatsRun run(options, part, kind);
      for (const std::string& format : options.formats) {
        print_stderr("{} features of {} floats, {}, {} of them {}\n", options.features, options.dimension, format,
                     part, kind.name);
        Json row = {{"part", part}, {"kind", kind.name}, {"format", format}};
        row.update(run.measure(*parse_feature_format(format)));
        rows.push_back(row);
      }
    }
  return rows;
}

void print_repeats(const Json& rows) {
  print_stderr(
      "| repeated | kind | format | nodes | others: recall | p50 µs | p99 µs | repeated: recall | p50 µs | p99 "
      "µs |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Json& row : rows)
    print_stderr("| {:g} % | {} | {} | {} | {} | {} |\n", 100 * row["part"].get<double>(),
                 row["kind"].get<std::string>(), row["format"].get<std::string>(),
                 row["nodes"].get<std::uint64_t>(), cells(row["others"]), cells(row["repeated"]));
}

}  // namespace memo
