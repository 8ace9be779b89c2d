// The options of memo-bench stream.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/common/distinct_files.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/common/figures_file.h"
#include "tools/memo-bench/stream/bench.h"

namespace memo {

BenchCommand add_stream_command(CLI::App& app) {
  auto options = std::make_shared<StreamBench>();
  CLI::App* command = app.add_subcommand("stream",
                                         "Real texts in the order of their dates, or drawn with repeats, pool "
                                         "starting empty: what memoization gains over time");
  command->add_option("--model", options->model, "Folder of the model")->type_name("DIR")->required();
  command->add_option("--input", options->input, "Texts, one JSON object a line, with a number \"date\"")
      ->type_name("FILE.jsonl")
      ->required();
  command
      ->add_option("--policy", options->policy,
                   "What each layer does where maps are reused; default: every layer looks up")
      ->type_name("FILE.toml");
  command->add_option("--length", options->lengths, "Tokens of a sequence, at most")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--dtype", options->dtypes, kDataTypeList)->delimiter(',')->capture_default_str();
  command->add_option("--reuse", options->reuse, "Runs: outputs (whole results), maps, both")
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--selection", options->selections,
                   "How each of these chooses: online, fixed, or online with one rule of admission: seen, sampled")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--limit", options->limit, "The first N texts only; 0: all")->capture_default_str();
  command
      ->add_option("--zipf", options->zipf,
                   "Traffic that repeats: as many texts as there are, drawn by Zipf's law with this exponent")
      ->type_name("EXPONENT");
  command->add_option("--seed", options->seed, "Of these draws")->capture_default_str();
  command->add_option("--batch", options->batch, "Texts in a batch")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_option("--windows", options->windows, "Parts of the stream to report")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--pool-size", options->pool_size, "Size of each run's pool")->capture_default_str();
  command->add_option("--folder", options->folder, "Where to put pools")->capture_default_str();
  command->add_flag("--daemon", options->daemon, "Through a memod of its own, not a pool in this process");
  command->add_option("--json", options->json, "Write the figures to a file, beside stdout")
      ->type_name("FILE.json");
  command->add_option("--svg", options->plot, "Draw the result")->type_name("FILE.svg");
  require_distinct_files(*command, [options] {
    std::vector<NamedPath> files = model_files("--model", options->model);
    files.push_back(NamedPath::input("--input", options->input));
    files.push_back(NamedPath::input("--policy", options->policy));
    files.push_back(NamedPath::output("--json", options->json));
    files.push_back(NamedPath::output("--svg", options->plot));
    return files;
  });
  return {command, [options] { return options->validate(); },
          [options] {
            return figures_beside({options->json, options->plot}, run_stream_bench(*options));
          },
          true};
}

}  // namespace memo
