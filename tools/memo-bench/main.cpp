// memo-bench: figures of the engine, the store and its index on this machine.
#include <fmt/format.h>

#include "memod/pool/pool.h"
#include "memod/process.h"
#include "model/engine/process.h"
#include "tools/common/command_line.h"
#include "tools/memo-bench/benches.h"
#include "tools/memo-bench/engine_bench.h"

namespace {

using namespace memo;

constexpr char kFooter[] =
    "Figures go to stdout as one JSON object; seconds end in _s, microseconds in _us.\n"
    "  restart  build_s: what building the graphs took; with_snapshots and without: open_s, first_exact_hit_s,\n"
    "           first_similar_hit_s (all from the call of open), indexed_at_first, similar_lookup_us\n"
    "  lengths  days[]: hit_rate, refused, stranded_share of the pool {mean, max}, spaces[]; evicted, consistent\n"
    "  index    build_s, rebuild_s, search_before_us, search_during_rebuild_us, missed_*: searches of about as "
    "many as\n"
    "           count says whose nearest was not the feature itself\n"
    "  search   runs[]: format, neighbors, build_s, bytes_each; near (stored features and a little noise), fresh "
    "(of the\n"
    "           same groups), far (anywhere): us, recall_at_1 against an exhaustive search, recall_at_1_of_8: it "
    "is among\n"
    "           the eight that a store compares again with the features themselves\n"
    "  memory   runs[]: bytes a memo: resident_each (RssAnon), beside_features_each, counted_each; "
    "similar_lookup_us\n"
    "           in this process\n"
    "  engine   cases[]: model, dtype, threads, batch, length; plain, fixed, hit, mixed {wall_ms (median), "
    "wall_ms_least,\n"
    "           cpu_ms, saved, error}; limit: the share of a plain run that reading maps for nothing would save;\n"
    "           peers.NAME {wall_ms, cpu_ms, version, over_plain}. Random weights; maps are read cold from a "
    "pool.\n"
    "           hit: every map an exact hit, lookups included; mixed: half of the heads hit, half computed\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"memo-bench measures the engine, the store and its index on this machine.", "memo-bench"};
  app.footer(kFooter);
  app.require_subcommand(1);
  RestartBench restart;
  CLI::App* restart_command = app.add_subcommand("restart", "How soon a store answers after it was opened");
  restart_command->add_option("--folder", restart.folder, "Where to put the pool")->capture_default_str();
  restart_command->add_option("--memos", restart.memos, "Memos in it")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  restart_command->add_option("--layers", restart.layers, "Layers they spread over")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  restart_command->add_option("--dimension", restart.dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  restart_command->add_option("--payload", restart.payload_bytes, "Bytes of a payload")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  LengthsBench lengths;
  CLI::App* lengths_command = app.add_subcommand("lengths", "Simulated days of traffic whose lengths change");
  lengths_command->add_option("--folder", lengths.folder, "Where to put the pool")->capture_default_str();
  lengths_command->add_option("--pool-bytes", lengths.pool_bytes, "Its size")->capture_default_str();
  lengths_command->add_option("--days", lengths.days, "Days")->check(CLI::Range(1, 1000))->capture_default_str();
  lengths_command->add_option("--requests", lengths.requests_a_day, "Requests a day")
      ->check(CLI::Range(24, 100'000'000))
      ->capture_default_str();
  lengths_command->add_option("--seed", lengths.seed, "Of the traffic")->capture_default_str();
  IndexBench index;
  CLI::App* index_command = app.add_subcommand("index", "Searches of an index while it is rebuilt");
  index_command->add_option("--features", index.features, "Features in it")
      ->check(CLI::Range(10'000, 100'000'000))
      ->capture_default_str();
  index_command->add_option("--dimension", index.dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  SearchBench search;
  CLI::App* search_command =
      app.add_subcommand("search", "Searches: how long, how often right, what an index takes");
  search_command->add_option("--features", search.features, "Features in the index")->capture_default_str();
  search_command->add_option("--dimension", search.dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  search_command->add_option("--queries", search.queries, "Of each kind")->capture_default_str();
  search_command->add_option("--formats", search.formats, "f32, f16, s8")->delimiter(',')->capture_default_str();
  search_command->add_option("--neighbors", search.neighbors, "M of the graph")
      ->delimiter(',')
      ->check(CLI::Range(2, 64))
      ->capture_default_str();
  search_command->add_option("--build-effort", search.build_effort, "efConstruction")->capture_default_str();
  search_command->add_option("--search-effort", search.search_effort, "efSearch")->capture_default_str();
  search_command->add_option("--clustered", search.clustered, "Features in groups, or anywhere")
      ->capture_default_str();
  search_command->add_flag("--flat", search.flat, "Compare with all");
  MemoryBench memory;
  CLI::App* memory_command = app.add_subcommand("memory", "What a store takes beside its pool");
  memory_command->add_option("--folder", memory.folder, "Where to put the pool")->capture_default_str();
  memory_command->add_option("--memos", memory.memos, "Memos")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  memory_command->add_option("--dimension", memory.dimension, "Floats in a feature")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  memory_command->add_option("--layers", memory.layers, "Layers they spread over")
      ->delimiter(',')
      ->capture_default_str();
  memory_command->add_option("--format", memory.format, "Of the index: f32, f16, s8")->capture_default_str();
  EngineBench engine;
  engine.setup = MEMO_PEER_SETUP;
  CLI::App* engine_command =
      app.add_subcommand("engine", "The engine, plain and memoized, beside other engines, in interleaved runs");
  engine_command->add_option("--models", engine.models, "Shapes to run")->delimiter(',')->capture_default_str();
  engine_command->add_option("--lengths", engine.lengths, "Tokens of a sequence")
      ->delimiter(',')
      ->capture_default_str();
  engine_command->add_option("--batches", engine.batches, "Sequences at once")
      ->delimiter(',')
      ->capture_default_str();
  engine_command->add_option("--dtypes", engine.dtypes, "f32, bf16")->delimiter(',')->capture_default_str();
  engine_command->add_option("--threads", engine.threads, "Threads")->delimiter(',')->capture_default_str();
  engine_command
      ->add_option("--peers", engine.peers, "onnxruntime, openvino, torch: installed where they are missing")
      ->delimiter(',');
  engine_command->add_option("--rounds", engine.rounds, "Runs of each, after one that warms up")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  engine_command->add_option("--folder", engine.folder, "Where to put pools and models")->capture_default_str();
  engine_command->add_option("--setup", engine.setup, "The script that installs peers")->capture_default_str();
  engine_command->add_option("--plot", engine.plot, "Draw the result")->type_name("FILE.svg");
  if (const auto exit_code = parse_command_line(app, argc, argv)) return *exit_code;

  if (const Status valid = search.validate(); search_command->parsed() && !valid)
    return fail("memo-bench", kExitUsage, valid.message());
  if (const Status valid = engine.validate(); engine_command->parsed() && !valid)
    return fail("memo-bench", kExitUsage, valid.message());
  if (engine_command->parsed())
    configure_process_for_inference();
  else
    give_freed_memory_back();  // as memod does
  emulate_persistent_memory();
  return run_tool("memo-bench", [&]() -> Status {
    const auto result = restart_command->parsed()   ? run_restart_bench(restart)
                        : lengths_command->parsed() ? run_lengths_bench(lengths)
                        : engine_command->parsed()  ? run_engine_bench(engine)
                        : search_command->parsed()  ? run_search_bench(search)
                        : memory_command->parsed()  ? run_memory_bench(memory)
                                                    : run_index_bench(index);
    if (result) fmt::print("{}\n", result->dump(2));
    return result.status();
  });
}
