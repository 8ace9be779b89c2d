#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "client/process/stderr_text.h"
#include "memod/store/store.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/progress.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

class Restart {
 public:
  explicit Restart(const RestartBench& options, const std::string& folder) : options_(options) {
    const std::uint64_t a_memo = options.payload_bytes + 128 + options.dimension * sizeof(float);
    store_options_.path = folder + "/pool";
    store_options_.create_bytes = (options.memos * a_memo * 5 / 4 + (64ull << 20)) >> 20 << 20;
    store_options_.snapshot_interval = std::chrono::hours(24);
  }

  Status fill() {
    MEMO_ASSIGN_OR_RETURN(auto store, Store::open(store_options_));
    MEMO_ASSIGN_OR_RETURN(const auto space, store->open_space(spec()));
    const std::vector<std::byte> payload(options_.payload_bytes, std::byte{7});
    for (std::uint64_t number = 0; number < options_.memos; ++number) {
      const auto feature = bench_feature(number, options_.dimension);
      const auto published = store->publish(
          space,
          {.layer = layer_of(number), .key = key_of(number), .feature = feature, .length = 64, .cost_us = 1},
          payload);
      MEMO_RETURN_IF_ERROR(published.status());
    }
    print_stderr("published {} memos; building the graphs\n", options_.memos);
    const auto start = BenchClock::now();
    while (indexed_memos(*store->stats()) < options_.memos)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    build_s_ = seconds_since(start);
    return Status::ok();
  }

  // Opens the store and looks memos up; the times count from the call of open.
  Result<Json> measure() {
    const auto start = BenchClock::now();
    MEMO_ASSIGN_OR_RETURN(auto store, Store::open(store_options_));
    Json result = {{"open_s", seconds_since(start)}};
    store->register_leases(leases_);
    MEMO_ASSIGN_OR_RETURN(const auto space, store->open_space(spec()));
    if (!ask(*store, space, 1, false)) return Status(StatusCode::internal, "a memo is not found by its key");
    result["first_exact_hit_s"] = seconds_since(start);
    if (!ask(*store, space, 2, true)) return Status(StatusCode::internal, "a memo is not found by its feature");
    result["first_similar_hit_s"] = seconds_since(start);
    result["indexed_at_first"] = indexed_memos(*store->stats());
    Samples searches;
    for (std::uint64_t number = 0; number < 200; ++number) {
      const auto begun = BenchClock::now();
      (void)ask(*store, space, number * 97 % options_.memos, true);
      searches.add(begun);
    }
    result["similar_lookup_us"] = searches.summary();
    store->unregister_leases(leases_);
    return result;
  }

  std::string snapshots() const { return store_options_.path + ".index"; }
  double build_s() const { return build_s_; }
  std::uint64_t pool_bytes() const { return store_options_.create_bytes; }

 private:
  SpaceSpec spec() const {
    return {.model = {1, 2},
            .length_bucket = 128,
            .heads = 12,
            .feature_dimension = options_.dimension,
            .payload_bytes = options_.payload_bytes};
  }
  Layer layer_of(std::uint64_t number) const {
    return Layer{static_cast<std::uint32_t>(number % options_.layers)};
  }
  static Key key_of(std::uint64_t number) { return {0xbe4c, number}; }
  bool ask(Store& store, SpaceId space, std::uint64_t number, bool similar) {
    const auto feature = bench_feature(number, options_.dimension);
    const LookupItem item{similar ? Key{} : key_of(number),
                          similar ? std::span(feature) : std::span<const float>(), 0};
    const std::uint32_t lease = 0;
    std::optional<Found> found;
    const Status status =
        store.find({space, layer_of(number), 0.01f, {&item, 1}}, leases_, {&lease, 1}, {&found, 1});
    leases_.release(0);
    return status && found && found->key == key_of(number);
  }

  const RestartBench options_;
  StoreOptions store_options_;
  std::array<std::atomic<std::uint64_t>, 1> words_{};
  LeaseTable leases_{words_};
  double build_s_ = 0;
};

}  // namespace

Result<Json> run_restart_bench(const RestartBench& options) {
  const TemporaryFolder folder(options.folder, "memo-bench");
  MEMO_RETURN_IF_ERROR(folder.status());
  Restart bench(options, folder.path());
  MEMO_RETURN_IF_ERROR(bench.fill());
  print_stderr("opening with snapshots, then without\n");
  MEMO_ASSIGN_OR_RETURN(const auto with, bench.measure());
  std::filesystem::remove_all(bench.snapshots());
  MEMO_ASSIGN_OR_RETURN(const auto without, bench.measure());
  return Json{{"memos", options.memos},
              {"layers", options.layers},
              {"dimension", options.dimension},
              {"pool_bytes", bench.pool_bytes()},
              {"build_s", bench.build_s()},
              {"with_snapshots", with},
              {"without", without}};
}

BenchCommand add_restart_command(CLI::App& app) {
  auto options = std::make_shared<RestartBench>();
  CLI::App* command = app.add_subcommand("restart", "How soon a store answers after it was opened");
  command->add_option("--folder", options->folder, "Where to put the pool")->capture_default_str();
  command->add_option("--memos", options->memos, "Memos in it")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  command->add_option("--layers", options->layers, "Layers they spread over")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--dimension", options->dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--payload", options->payload_bytes, "Bytes of a payload")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  return {command, [] { return Status::ok(); }, [options] { return run_restart_bench(*options); }};
}

}  // namespace memo
