// memo-bench: figures of the store and its index on this machine.
#include <fmt/format.h>

#include "memod/pool/pool.h"
#include "tools/common/command_line.h"
#include "tools/memo-bench/benches.h"

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
    "Exit codes: 0 done, 1 failed, 2 wrong usage.";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"memo-bench measures the store and its index on this machine.", "memo-bench"};
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
  if (const auto exit_code = parse_command_line(app, argc, argv)) return *exit_code;

  emulate_persistent_memory();
  return run_tool("memo-bench", [&]() -> Status {
    const auto result = restart_command->parsed()   ? run_restart_bench(restart)
                        : lengths_command->parsed() ? run_lengths_bench(lengths)
                                                    : run_index_bench(index);
    if (result) fmt::print("{}\n", result->dump(2));
    return result.status();
  });
}
