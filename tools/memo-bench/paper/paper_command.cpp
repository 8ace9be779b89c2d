// The options of memo-bench paper.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/common/distinct_files.h"
#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"

namespace memo {
namespace {

constexpr char kHelp[] =
    "The experiments:\n"
    "  threshold  maps of training texts are stored; test texts are run at thresholds from exact repeats\n"
    "             to any map: share of maps read, accuracy, fidelity, time beside plain (the paper's\n"
    "             Figure 4)\n"
    "  latency    plain beside a pool that has every map, and beside fixed maps, by family, length and\n"
    "             batch; random weights\n"
    "  size       how near the nearest stored map is, by stored texts; what a search takes\n"
    "  cost       where a text's time goes: plain, hit by key, similar hit, miss that publishes\n"
    "Thresholds are reported and not chosen; no text is both stored and tested, and nothing is fitted to\n"
    "test texts.\n"
    "The figures, as one JSON object: machine, setting, notes[], and by experiment:\n"
    "  threshold  texts, repeats (test texts that are stored word for word), plain {accuracy}, rows[]:\n"
    "             name, max_distance[] by layer, predicted_similarity, read_similarity, rate,\n"
    "             rate_by_key, rate_by_layer[], errors, accuracy, lost {mean, low, high}, cosine,\n"
    "             cosine_p05, plain_us, memoized_us, saved {mean, low, high}, parts_us; published[], the\n"
    "             paper's: similarity, rate, lost\n"
    "  latency    rounds, cases[] as memo-bench engine writes them\n"
    "  size       rows[]: texts, maps, pool_bytes, payload_bytes, nearest {similarity, found},\n"
    "             average_similarity, hit_rates[] {max_distance, rate, similarity}, features_us and\n"
    "             search_us of a lookup\n"
    "  cost       types[]: dtype, texts, runs {plain, by_key, similar, miss}: total_us of a text, and of\n"
    "             it tokenize_us, features_us, search_us, attention_us, values_us, maps_us, publish_us,\n"
    "             rest_us\n"
    "An interrupt ends the run; what was complete is written, and \"interrupted\" is true.";

// Makes everything small that the user did not set.
void make_quick(PaperBench& options, const CLI::App& command) {
  const auto choose = [&](const char* option, auto& value, auto small) {
    if (command.get_option(option)->empty()) value = small;
  };
  choose("--limit", options.source.limit, 1200);
  choose("--lengths", options.lengths, decltype(options.lengths){128});
  choose("--dtypes", options.dtypes, decltype(options.dtypes){"f32"});
  choose("--distances", options.distances, decltype(options.distances){0.2f, 0.4f});
  choose("--similarities", options.similarities, decltype(options.similarities){0.9, 0.7});
  choose("--sizes", options.sizes, decltype(options.sizes){125, 250, 500});
  choose("--families", options.families, decltype(options.families){"minilm"});
  choose("--stored", options.stored, 500);
  choose("--probed", options.probed, 60);
  choose("--cost-texts", options.cost_texts, 40);
  choose("--rounds", options.rounds, 1);
  options.fitted = 200;
}

void add_inputs(PaperBench& options, CLI::App& command) {
  command.add_option("--model", options.model, "Folder of the model")->type_name("DIR");
  command.add_option("--input", options.source.path, "Texts, one JSON object a line")->type_name("FILE.jsonl");
  command.add_option("--text-field", options.source.text_field, "Field with the text")->capture_default_str();
  command.add_option("--label-field", options.label_field, "Field with the label; default: no accuracy");
  command.add_option("--limit", options.source.limit, "So many texts, drawn by seed; 0: all; --quick: 1200")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Of the split")->capture_default_str();
}

void add_experiments(PaperBench& options, CLI::App& command) {
  command.add_option("--experiments", options.experiments, "threshold, latency, size, cost")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--lengths,--length", options.lengths, "Tokens of a sequence; texts are cut at the first")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--dtypes", options.dtypes,
                  "f32, bf16, s16, s8; threshold and size use the first, the others all of them")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--distances", options.distances, "Thresholds on the distance of features, ascending")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--similarities", options.similarities,
                  "Thresholds on the similarity that the distance predicts, descending")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--sizes", options.sizes, "Stored texts, ascending")->delimiter(',')->capture_default_str();
  command.add_option("--stored", options.stored, "Texts whose maps are stored, at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--probed", options.probed, "Texts whose maps are compared with stored ones")
      ->check(CLI::Range(8, 1'000'000))
      ->capture_default_str();
  command.add_option("--cost-texts", options.cost_texts, "Texts of a round of cost, at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--families", options.families, "Shapes of latency")->delimiter(',')->capture_default_str();
  command.add_option("--batches", options.batches, "Sequences at once, of latency")
      ->delimiter(',')
      ->capture_default_str();
}

void add_run(PaperBench& options, CLI::App& command) {
  command.add_option("--batch", options.batch, "Texts at once, of all but latency")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads, of all but cost")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--rounds", options.rounds, "Of latency and cost; --quick: 1")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("--quick", options.quick, "Few texts, one family: under two minutes");
  command.add_option("--folder", options.folder, "Where to put pools")->capture_default_str();
  command.add_option("--suite", options.suite, "paper.json, paper.md and pictures go there")->type_name("FOLDER");
  command.add_option("--json", options.json, "Write the figures there and not to stdout")->type_name("FILE");
}

}  // namespace

BenchCommand add_paper_command(CLI::App& app) {
  auto options = std::make_shared<PaperBench>();
  CLI::App* command =
      app.add_subcommand("paper", "The experiments of AttMEMO on this engine, with everything included");
  command->footer(kHelp);
  add_inputs(*options, *command);
  add_experiments(*options, *command);
  add_run(*options, *command);
  require_distinct_files(*command, [options] {
    return std::vector{NamedPath::input("--input", options->source.path),
                       NamedPath::output("--json", options->json)};
  });
  const auto complete = [options, command] {
    if (options->quick) make_quick(*options, *command);
    return options->validate();
  };
  const auto run = [options]() -> Result<nlohmann::ordered_json> {
    auto result = run_paper_bench(*options);
    if (result && !options->json.empty()) return nlohmann::ordered_json();
    return result;
  };
  return {command, complete, run, true};
}

}  // namespace memo
