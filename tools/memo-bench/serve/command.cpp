// The options of memo-bench serve.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/common/distinct_files.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/figures_file.h"
#include "tools/memo-bench/serve/bench.h"

namespace memo {

BenchCommand add_serve_command(CLI::App& app) {
  auto options = std::make_shared<ServeBench>();
  auto json = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "serve", "The largest rate of requests at which memo-serve, or another server, still answers fast");
  command->add_option("--model", options->model, "Folder of the model that memo-serve is started with")
      ->type_name("DIR");
  command->add_option("--url", options->url, "Instead: a server that runs")->type_name("ADDRESS:PORT");
  command->add_option("--path", options->path, "Where requests {\"inputs\": TEXT} go")->capture_default_str();
  command->add_option("--input", options->input, "Texts, one JSON object a line")
      ->type_name("FILE.jsonl")
      ->required();
  command->add_option("--texts", options->texts, "Only the first so many; 0: all")->capture_default_str();
  command->add_option("--zipf", options->zipf, "Texts are drawn by Zipf's law with this exponent")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of these draws")->capture_default_str();
  command
      ->add_option("--memo", options->memos,
                   "Cases: none, pool (of memo-serve's own), memod (beside it); fixed: a server that "
                   "answers the same to all, which shows what the machine takes")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--rates", options->rates, "Requests a second; default: the largest is searched for")
      ->delimiter(',');
  command->add_option("--rounds", options->rounds, "Trials at each of --rates, all cases in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--first-rate", options->first_rate, "Where the search begins")->capture_default_str();
  command->add_option("--max-p99-ms", options->max_p99_ms, "Answers are fast when 99 in 100 take no longer")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Of a trial")->capture_default_str();
  command->add_option("--warm", options->warm, "Requests before each trial, which fill the pool")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command->add_option("--connections", options->connections, "That send requests")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--idle", options->idle, "Connections beside them that send nothing")->capture_default_str();
  command->add_option("--slow", options->slow, "... that send a byte a second")->capture_default_str();
  command->add_option("--pool-size", options->pool_size, "Size of each trial's pool")->capture_default_str();
  command->add_option("--folder", options->folder, "Where to put pools")->capture_default_str();
  command->add_option("--option", options->options, "One more argument of memo-serve; may be repeated");
  command->add_option("--json", *json, "Write the figures to a file, beside stdout")->type_name("FILE.json");
  require_distinct_files(*command, [options, json] {
    std::vector<NamedPath> files = model_files("--model", options->model);
    files.push_back(NamedPath::input("--input", options->input));
    files.push_back(NamedPath::output("--json", *json));
    return files;
  });
  return {command, [options] { return options->validate(); },
          [options, json] {
            return figures_beside({*json}, run_into_file(*json, [&] { return run_serve_bench(*options); }));
          },
          false};
}

}  // namespace memo
