// The options of memo-bench engine.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/figures_file.h"
#include "tools/memo-bench/engine/bench.h"

namespace memo {

BenchCommand add_engine_command(CLI::App& app) {
  auto options = std::make_shared<EngineBench>();
  options->setup = MEMO_PEER_SETUP;
  CLI::App* command =
      app.add_subcommand("engine", "The engine, plain and memoized, beside other engines, in interleaved runs");
  command->add_option("--models", options->models, "Shapes to run")->delimiter(',')->capture_default_str();
  command->add_option("--lengths", options->lengths, "Tokens of a sequence")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--batches", options->batches, "Sequences at once")->delimiter(',')->capture_default_str();
  command->add_option("--dtypes", options->dtypes, kDataTypeList)->delimiter(',')->capture_default_str();
  command->add_option("--threads", options->threads, "Threads")->delimiter(',')->capture_default_str();
  command->add_option("--modes", options->modes, "How to run a shape: plain first, then of fixed, hit and mixed")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--peers", options->peers, "onnxruntime, openvino, torch: installed where they are missing")
      ->delimiter(',');
  command->add_option("--rounds", options->rounds, "Runs of each, after one that warms up")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--folder", options->folder, "Where to put pools and models")->capture_default_str();
  command->add_option("--setup", options->setup, "The script that installs peers")->capture_default_str();
  command->add_option("--plot", options->plot, "Draw the result")->type_name("FILE.svg");
  return {command, [options] { return options->validate(); },
          [options] { return figures_beside({options->plot}, run_engine_bench(*options)); }, true};
}

}  // namespace memo
