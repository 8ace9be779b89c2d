// The benches of memo-bench. Each prints what it does on stderr and answers its figures as JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "index/vector_index.h"
#include "memo/status.h"

namespace CLI {
class App;
}

namespace memo {

// A subcommand, with its options.
struct BenchCommand {
  CLI::App* app = nullptr;
  std::function<Status()> validate;                     // the options; an error is wrong usage
  std::function<Result<nlohmann::ordered_json>()> run;  // figures for stdout; null: none
  bool runs_models = false;                             // else the process handles memory as memod does
};
BenchCommand add_restart_command(CLI::App& app);
BenchCommand add_lengths_command(CLI::App& app);
BenchCommand add_index_command(CLI::App& app);
BenchCommand add_search_command(CLI::App& app);
BenchCommand add_memory_command(CLI::App& app);
BenchCommand add_publish_command(CLI::App& app);
BenchCommand add_engine_command(CLI::App& app);
BenchCommand add_formats_command(CLI::App& app);
BenchCommand add_store_command(CLI::App& app);
BenchCommand add_blend_command(CLI::App& app);
BenchCommand add_stream_command(CLI::App& app);
BenchCommand add_hits_command(CLI::App& app);
BenchCommand add_serve_command(CLI::App& app);
BenchCommand add_paper_command(CLI::App& app);

// How soon a store answers after it was opened, with and without its snapshots.
struct RestartBench {
  std::string folder = "/dev/shm";  // for a pool that is deleted afterwards
  std::uint64_t memos = 100'000;
  std::uint32_t layers = 6;
  std::uint32_t dimension = 128;
  std::uint64_t payload_bytes = 4096;
};
Result<nlohmann::ordered_json> run_restart_bench(const RestartBench& options);

// Days of traffic whose lengths change, in simulated time, on a pool that holds a part of it.
struct LengthsBench {
  std::string folder = "/dev/shm";
  std::uint64_t pool_bytes = 256ull << 20;
  std::uint32_t days = 7;
  std::uint32_t requests_a_day = 20'000;
  std::uint64_t seed = 1;
};
Result<nlohmann::ordered_json> run_lengths_bench(const LengthsBench& options);

// Searches of an index while it is rebuilt.
struct IndexBench {
  std::uint64_t features = 100'000;
  std::uint32_t dimension = 128;
  std::uint64_t seed = 1;
};
Result<nlohmann::ordered_json> run_index_bench(const IndexBench& options);

// Publishes from one client to a daemon of its own, on a warm pool, beside what this machine's memory allows.
struct PublishBench {
  std::string folder = "/dev/shm";
  std::uint64_t pool_bytes = 2ull << 30;
  std::vector<std::uint64_t> payloads = {196'608, 3 << 20};  // bytes
  std::uint32_t in_flight = 16;                              // drafts that wait to be copied, at most
  std::uint32_t rounds = 5;                                  // after one that warms up
};
Result<nlohmann::ordered_json> run_publish_bench(const PublishBench& options);

// Searches of indexes of various shapes: how long they take, how often they are right, and how much memory indexes
// take.
struct SearchBench {
  std::uint64_t features = 100'000;
  std::uint32_t dimension = 128;
  std::uint64_t queries = 500;
  std::vector<std::string> formats = {"f32", "f16", "s8"};
  std::vector<std::uint32_t> neighbors = {VectorIndexOptions{}.graph_neighbors};
  std::uint32_t build_effort = VectorIndexOptions{}.build_effort;
  std::uint32_t search_effort = VectorIndexOptions{}.search_effort;
  std::uint32_t search_patience = VectorIndexOptions{}.search_patience;
  bool clustered = true;             // else anywhere
  bool flat = false;                 // no graph
  std::vector<double> repeats = {};  // instead: searches where these parts of the features repeat
  std::uint64_t seed = 1;
  Status validate() const;
};
Result<nlohmann::ordered_json> run_search_bench(const SearchBench& options);

// Blends of the nearest maps on real texts: how near they come to the computed map, and how long they take.
struct BlendBench {
  std::string folder = "/dev/shm";  // for a pool that is deleted afterwards
  std::string model;
  std::string input;     // JSON Lines with the field "text"
  std::string embedder;  // empty: the default projection
  std::string dtype = "f32";
  std::uint32_t length = 128;
  std::uint32_t stored = 2000;  // texts whose maps are stored
  std::uint32_t fresh = 500;    // others, which look up
  std::vector<std::uint32_t> neighbours = {1, 4, 16};
  std::uint32_t batch = 8;
  std::uint32_t threads = 2;  // of the comparison; times are of one
  std::uint64_t seed = 1;
};
Result<nlohmann::ordered_json> run_blend_bench(const BlendBench& options);

// The memory that a store takes beside its pool.
struct MemoryBench {
  std::string folder = "/dev/shm";  // for a pool that is deleted afterwards
  std::uint64_t memos = 1'000'000;
  std::uint32_t dimension = 128;
  std::vector<std::uint32_t> layers = {1, 6};
  std::string format = "f32";
};
Result<nlohmann::ordered_json> run_memory_bench(const MemoryBench& options);

}  // namespace memo
