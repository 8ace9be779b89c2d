// The options of memo-bench store.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/common/distinct_files.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/store/bench.h"
#include "tools/memo-bench/store/report/help.h"

namespace memo {
BenchCommand add_store_command(CLI::App& app) {
  auto options = std::make_shared<StoreBench>();
  CLI::App* command =
      app.add_subcommand("store", "A memod and its clients under workloads from files, beside other stores");
  command->footer(kStoreBenchHelp);
  command
      ->add_option("--workload", options->workloads, "A shipped workload's name, or a file; default: all shipped")
      ->type_name("NAME|FILE.toml");
  command->add_flag("--quick", options->quick, "Small stores and short rounds: under a minute");
  command->add_option("--rounds", options->rounds, "Of each contestant, after one that warms up; --quick: 1")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--json", options->json, "Write the figures there and not to stdout")->type_name("FILE");
  command->add_option("--peers", options->peers, "redis, memcached, lmdb, rocksdb")->delimiter(',');
  command->add_option("--plot", options->plot, "Draw latency against size and clients there")->type_name("FOLDER");
  command
      ->add_option("--suite", options->suite,
                   "All shipped workloads and peers; tables, pictures and JSON go there")
      ->type_name("FOLDER");
  command->add_option("--folder", options->folder, "Where to put pools and databases")->capture_default_str();
  require_distinct_files(*command, [options] {
    std::vector<NamedPath> files{NamedPath::output("--json", options->json)};
    for (const std::string& workload : options->workloads)
      files.push_back(NamedPath::input("--workload", workload));
    return files;
  });
  const auto complete = [options, command] {
    if (options->quick && command->get_option("--rounds")->empty()) options->rounds = 1;
    if (options->quick) options->idle = std::chrono::milliseconds(500);
    if (!options->suite.empty() && options->peers.empty())
      options->peers = {"redis", "memcached", "lmdb", "rocksdb"};
    return options->validate();
  };
  const auto run = [options]() -> Result<nlohmann::ordered_json> {
    auto result = run_store_bench(*options);
    if (result && !options->json.empty()) return nlohmann::ordered_json();
    return result;
  };
  return {command, complete, run};
}

}  // namespace memo
