#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

#include "client/process/stderr_text.h"
#include "index/distance/l2.h"
#include "index/vector_index.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/samples.h"
#include "tools/memo-bench/index/repeats_bench.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;
using Features = std::vector<std::vector<float>>;

struct Workload {
  const char* name;
  Features queries;
  std::vector<std::uint64_t> nearest;  // by exhaustive search over the features themselves
};

std::vector<float> nowhere_near(std::uint32_t dimension, std::mt19937_64& random) {
  return with_noise(std::vector<float>(dimension), 1, random);
}

// Holds all features, in order of arrival: the exhaustive search needs them at once.
class SearchBenchRun {
 public:
  explicit SearchBenchRun(const SearchBench& options) : options_(options), random_(options.seed) {
    for (std::uint64_t number = 0; number < options.features; ++number) stored_.push_back(feature(number));
    Workload near{"near", {}, {}}, fresh{"fresh", {}, {}}, far{"far", {}, {}};
    for (std::uint64_t i = 0; i < options.queries; ++i) {
      near.queries.push_back(with_noise(stored_[random_() % stored_.size()], 0.05f, random_));
      fresh.queries.push_back(feature(options.features + i));
      far.queries.push_back(nowhere_near(options.dimension, random_));
    }
    workloads_ = {near, fresh, far};
    for (Workload& workload : workloads_) find_nearest(&workload);
  }

  Json run(FeatureFormat format, std::uint32_t neighbors) {
    VectorIndexOptions options{.dimension = options_.dimension,
                               .features = format,
                               .flat_limit = options_.flat ? SIZE_MAX : 0,
                               .graph_neighbors = neighbors,
                               .build_effort = options_.build_effort,
                               .search_effort = options_.search_effort,
                               .search_patience = options_.search_patience};
    VectorIndex index(options);
    print_stderr("building {} features, {}, M {}\n", stored_.size(), to_string(format), neighbors);
    const auto start = BenchClock::now();
    // In the order of arrival, as a daemon gets them.
    for (std::uint64_t number = 0; number < stored_.size(); ++number) {
      index.add(number, stored_[number]);
      if (number % 256 == 255) maintain(index);
    }
    maintain(index);
    Json result = {{"format", to_string(format)}, {"neighbors", neighbors}, {"build_s", seconds_since(start)}};
    const VectorIndexMemory memory = index.memory();
    const auto each = static_cast<double>(stored_.size());
    result["bytes_each"] = {{"features", static_cast<double>(memory.features) / each},
                            {"links", static_cast<double>(memory.links) / each},
                            {"other", static_cast<double>(memory.other) / each}};
    for (const Workload& workload : workloads_) result[workload.name] = measure(index, workload);
    return result;
  }

 private:
  std::vector<float> feature(std::uint64_t number) const {
    if (options_.clustered) return bench_feature(number, options_.dimension);
    std::mt19937_64 random(number + 1);
    return nowhere_near(options_.dimension, random);
  }
  static void maintain(VectorIndex& index) {
    while (index.maintain()) continue;
  }

  // Part by part, so that a part stays in the cache for all queries.
  void find_nearest(Workload* workload) const {
    constexpr std::size_t kPart = 1024;
    const L2Kernels& kernels = l2_kernels_for_this_cpu(FeatureFormat::f32);
    workload->nearest.assign(workload->queries.size(), 0);
    std::vector<float> least(workload->queries.size(), std::numeric_limits<float>::infinity());
    for (std::size_t first = 0; first < stored_.size(); first += kPart)
      for (std::size_t q = 0; q < workload->queries.size(); ++q)
        for (std::size_t i = first; i < std::min(first + kPart, stored_.size()); ++i) {
          const float distance = kernels.one(workload->queries[q].data(),
                                             std::as_bytes(std::span(stored_[i])).data(), options_.dimension);
          if (distance >= least[q]) continue;
          least[q] = distance;
          workload->nearest[q] = i;
        }
  }

  // The first pass warms up and counts; the others are timed, each query once a pass.
  Json measure(const VectorIndex& index, const Workload& workload) const {
    constexpr int kPasses = 5;
    std::size_t first = 0, among_eight = 0;
    std::array<Neighbor, 8> nearest;
    for (std::size_t q = 0; q < workload.queries.size(); ++q) {
      const std::size_t count = index.search(workload.queries[q], nearest);
      const auto is_it = [&](const Neighbor& neighbor) { return neighbor.label == workload.nearest[q]; };
      first += count > 0 && is_it(nearest[0]);
      among_eight += std::any_of(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(count), is_it);
    }
    Samples samples;
    for (int pass = 0; pass < kPasses; ++pass)
      for (const auto& query : workload.queries) {
        const auto start = BenchClock::now();
        (void)index.search(query, nearest);
        samples.add(start);
      }
    const auto queries = static_cast<double>(workload.queries.size());
    return {{"us", samples.summary()},
            {"recall_at_1", static_cast<double>(first) / queries},
            {"recall_at_1_of_8", static_cast<double>(among_eight) / queries}};
  }

  const SearchBench& options_;
  std::mt19937_64 random_;
  Features stored_;
  std::vector<Workload> workloads_;
};

}  // namespace

Status SearchBench::validate() const {
  for (const std::string& format : formats)
    if (!parse_feature_format(format))
      return {StatusCode::invalid_argument, fmt::format("--formats must be f32, f16 or s8, not \"{}\"", format)};
  for (const double part : repeats)
    if (!(part >= 0 && part <= 1))
      return {StatusCode::invalid_argument, fmt::format("--repeats must be from 0 to 1, not {}", part)};
  return Status::ok();
}

Result<Json> run_search_bench(const SearchBench& options) {
  if (!options.repeats.empty()) {
    const Json rows = run_repeats(options);
    print_repeats(rows);
    return Json{{"features", options.features},
                {"dimension", options.dimension},
                {"instructions", l2_variants().front()->name},
                {"repeats", rows}};
  }
  SearchBenchRun run(options);
  Json result = {{"features", options.features},
                 {"dimension", options.dimension},
                 {"clustered", options.clustered},
                 {"flat", options.flat},
                 {"build_effort", options.build_effort},
                 {"search_effort", options.search_effort},
                 {"search_patience", options.search_patience}};
  for (const std::string& format : options.formats)
    for (const std::uint32_t neighbors : options.neighbors)
      result["runs"].push_back(run.run(*parse_feature_format(format), neighbors));
  return result;
}

BenchCommand add_search_command(CLI::App& app) {
  auto options = std::make_shared<SearchBench>();
  CLI::App* command = app.add_subcommand("search", "Searches: how long, how often right, what an index takes");
  command->add_option("--features", options->features, "Features in the index")->capture_default_str();
  command->add_option("--dimension", options->dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--queries", options->queries, "Of each kind")->capture_default_str();
  command->add_option("--formats", options->formats, "f32, f16, s8")->delimiter(',')->capture_default_str();
  command->add_option("--neighbors", options->neighbors, "M of the graph")
      ->delimiter(',')
      ->check(CLI::Range(2, 64))
      ->capture_default_str();
  command->add_option("--build-effort", options->build_effort, "efConstruction")->capture_default_str();
  command->add_option("--search-effort", options->search_effort, "efSearch")->capture_default_str();
  command
      ->add_option("--search-patience", options->search_patience, "Nodes gone on from in vain, at least; 0: all")
      ->capture_default_str();
  command->add_option("--clustered", options->clustered, "Features in groups, or anywhere")->capture_default_str();
  command->add_flag("--flat", options->flat, "Compare with all");
  command
      ->add_option("--repeats", options->repeats,
                   "Parts of the features that repeat, exactly or nearly: a table of these")
      ->delimiter(',');
  return {command, [options] { return options->validate(); }, [options] { return run_search_bench(*options); }};
}

}  // namespace memo
