#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <random>
#include <thread>

#include "client/process/stderr_text.h"
#include "index/vector_index.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// Searches once a millisecond for features that are there, until `done` says so; at least a thousand times.
template <typename Done>
Samples search_until(const VectorIndex& index, const IndexBench& options, const Done& done,
                     std::uint64_t* missed) {
  Samples samples;
  std::mt19937_64 random(options.seed);
  while (samples.size() < 1000 || !done()) {
    const std::uint64_t number = random() % options.features;
    if (number % 10 < 3) continue;  // removed
    const auto query = bench_feature(number, options.dimension);
    std::array<Neighbor, 8> nearest;
    const auto start = BenchClock::now();
    const std::size_t count = index.search(query, nearest);
    samples.add(start);
    *missed += count == 0 || nearest[0].label != number;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return samples;
}

}  // namespace

Result<Json> run_index_bench(const IndexBench& options) {
  VectorIndex index({.dimension = options.dimension});
  auto start = BenchClock::now();
  for (std::uint64_t number = 0; number < options.features; ++number)
    index.add(number, bench_feature(number, options.dimension));
  print_stderr("building a graph of {} features\n", options.features);
  while (index.maintain()) {
  }
  const double build_s = seconds_since(start);
  std::uint64_t missed_before = 0;
  const Samples before = search_until(
      index, options, [] { return true; }, &missed_before);

  print_stderr("removing 30 % of it, and rebuilding beside searches\n");
  for (std::uint64_t number = 0; number < options.features; ++number)
    if (number % 10 < 3) index.remove(number);
  start = BenchClock::now();
  std::atomic<bool> rebuilt = false;
  std::jthread maintenance([&] {
    while (index.maintain()) {
    }
    rebuilt = true;
  });
  std::uint64_t missed = 0;
  const Samples during = search_until(
      index, options, [&] { return rebuilt.load(); }, &missed);
  maintenance.join();
  const VectorIndexStats stats = index.stats();
  return Json{{"features", options.features},
              {"dimension", options.dimension},
              {"build_s", build_s},
              {"rebuild_s", seconds_since(start)},
              {"rebuilds", stats.rebuilds},
              {"tombstones_left", stats.removed_nodes},
              {"search_before_us", before.summary()},
              {"missed_before", missed_before},
              {"search_during_rebuild_us", during.summary()},
              {"missed_during_rebuild", missed}};
}

BenchCommand add_index_command(CLI::App& app) {
  auto options = std::make_shared<IndexBench>();
  CLI::App* command = app.add_subcommand("index", "Searches of an index while it is rebuilt");
  command->add_option("--features", options->features, "Features in it")
      ->check(CLI::Range(10'000, 100'000'000))
      ->capture_default_str();
  command->add_option("--dimension", options->dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  return {command, [] { return Status::ok(); }, [options] { return run_index_bench(*options); }};
}

}  // namespace memo
