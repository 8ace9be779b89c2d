#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/process/stderr_text.h"
#include "memod/store/store.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/proc_file.h"
#include "tools/memo-bench/common/progress.h"
#include "tools/memo-bench/common/samples.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// Bytes of this process that no file backs: the pool, a file, is not among them.
std::uint64_t anonymous_bytes() {
  return bytes_in("/proc/self/status", "RssAnon");
}

class MemoryRun {
 public:
  MemoryRun(const MemoryBench& options, const std::string& folder) : options_(options), path_(folder + "/pool") {}

  Result<Json> run(std::uint32_t layers, FeatureFormat format) {
    const std::uint64_t a_memo = kPayload + 128 + options_.dimension * sizeof(float);
    const std::uint64_t before = anonymous_bytes();
    MEMO_ASSIGN_OR_RETURN(
        auto store, Store::open({.path = path_,
                                 .create_bytes = (options_.memos * a_memo * 11 / 10 + (96ull << 20)) >> 20 << 20,
                                 .index_features = format}));
    if (const Status filled = fill(*store, layers); !filled) return filled;
    const StoreMemory memory = store->memory();
    const std::uint64_t resident = anonymous_bytes() - before;
    const auto each = [&](std::uint64_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(options_.memos);
    };
    Json result = {{"layers", layers},
                   {"format", to_string(format)},
                   {"resident_each", each(resident)},
                   {"beside_features_each", each(resident) - each(memory.features)},
                   {"counted_each",
                    {{"features", each(memory.features)},
                     {"links", each(memory.links)},
                     {"index_other", each(memory.index_other)},
                     {"catalog", each(memory.catalog)}}}};
    result[options_.dimension > 0 ? "similar_lookup_us" : "exact_lookup_us"] = ask(*store, layers);
    return result;
  }

 private:
  static constexpr std::uint64_t kPayload = 64;

  bool has_features() const { return options_.dimension > 0; }
  std::vector<float> feature_of(std::uint64_t number) const {
    return has_features() ? bench_feature(number, options_.dimension) : std::vector<float>();
  }

  // Waits for the graphs at intervals, as traffic over hours does.
  Status fill(Store& store, std::uint32_t layers) {
    MEMO_ASSIGN_OR_RETURN(const auto space,
                          store.open_space({.model = {1, 2},
                                            .kind = has_features() ? MemoKind::map : MemoKind::output,
                                            .length_bucket = 128,
                                            .heads = has_features() ? 12u : 0,
                                            .feature_dimension = options_.dimension,
                                            .payload_bytes = kPayload}));
    const std::vector<std::byte> payload(kPayload, std::byte{7});
    for (std::uint64_t number = 0; number < options_.memos; ++number) {
      const auto feature = feature_of(number / layers);
      const auto published = store.publish(space,
                                           {.layer = Layer{static_cast<std::uint32_t>(number % layers)},
                                            .key = {0xbe4c, number},
                                            .feature = feature,
                                            .length = 64,
                                            .cost_us = 1},
                                           payload);
      MEMO_RETURN_IF_ERROR(published.status());
      if (has_features() && number % 10'000 == 9'999) wait_until_indexed(store, number + 1 - layers * 1500);
    }
    if (has_features()) wait_until_indexed(store, options_.memos);
    return Status::ok();
  }
  static void wait_until_indexed(Store& store, std::uint64_t memos) {
    if (static_cast<std::int64_t>(memos) < 0) return;
    while (indexed_memos(*store.stats()) < memos) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  // Times lookups in this process, without a ring: what key, search, header and lease take.
  Json ask(Store& store, std::uint32_t layers) {
    std::array<std::atomic<std::uint64_t>, 1> words{};
    LeaseTable leases(words);
    store.register_leases(leases);
    Samples samples;
    for (std::uint64_t i = 0; i < 4000; ++i) {
      const std::uint64_t number = i * 7919 % options_.memos;
      auto feature = feature_of(number / layers);
      if (has_features()) feature[i % feature.size()] += 0.1f;
      const LookupItem item{has_features() ? Key{} : Key{0xbe4c, number}, feature, 0};
      const std::uint32_t lease = 0;
      std::optional<Found> found;
      const auto start = BenchClock::now();
      (void)store.find({SpaceId{0}, Layer{static_cast<std::uint32_t>(number % layers)}, 1.0f, {&item, 1}}, leases,
                       {&lease, 1}, {&found, 1});
      if (i >= 1000) samples.add(start);
      leases.release(lease);
    }
    store.unregister_leases(leases);
    return samples.summary();
  }

  const MemoryBench& options_;
  const std::string path_;
};

}  // namespace

Result<Json> run_memory_bench(const MemoryBench& options) {
  Json result = {{"memos", options.memos}, {"dimension", options.dimension}};
  for (const std::uint32_t layers : options.layers) {
    const auto format = parse_feature_format(options.format);
    if (!format) return Status(StatusCode::invalid_argument, "--format must be f32, f16 or s8");
    print_stderr("{} memos in {} layers, features in {}\n", options.memos, layers, options.format);
    const TemporaryFolder folder(options.folder, "memo-bench");
    MEMO_RETURN_IF_ERROR(folder.status());
    MEMO_ASSIGN_OR_RETURN(auto run, MemoryRun(options, folder.path()).run(layers, *format));
    result["runs"].push_back(std::move(run));
  }
  return result;
}

BenchCommand add_memory_command(CLI::App& app) {
  auto options = std::make_shared<MemoryBench>();
  CLI::App* command = app.add_subcommand("memory", "What a store takes beside its pool");
  command->add_option("--folder", options->folder, "Where to put the pool")->capture_default_str();
  command->add_option("--memos", options->memos, "Memos")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  command
      ->add_option("--dimension", options->dimension,
                   "Floats in a feature; 0: memos are whole results, found by key only")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command->add_option("--layers", options->layers, "Layers they spread over")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--format", options->format, "Of the index: f32, f16, s8")->capture_default_str();
  return {command, [] { return Status::ok(); }, [options] { return run_memory_bench(*options); }};
}

}  // namespace memo
