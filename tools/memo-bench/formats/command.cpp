// The options of memo-bench formats.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/common/benches.h"
#include "tools/memo-bench/formats/bench.h"

namespace memo {

BenchCommand add_formats_command(CLI::App& app) {
  auto options = std::make_shared<FormatsBench>();
  options->setup = MEMO_PEER_SETUP;
  CLI::App* command = app.add_subcommand(
      "formats", "Number formats of this engine and of others on a real model: how fast, and what they change");
  command->add_option("--model", options->model, "Folder of the model")->type_name("DIR")->required();
  command->add_option("--input", options->source.path, "Texts, one JSON object a line")
      ->type_name("FILE.jsonl")
      ->required();
  command->add_option("--text-field", options->source.text_field, "Field with the text")->capture_default_str();
  command->add_option("--label-field", options->label_field, "Field with the label; default: no accuracy");
  command->add_option("--limit", options->source.limit, "So many texts, drawn by seed; 0: all")
      ->capture_default_str();
  command->add_option("--length", options->length, "Tokens of a text; shorter ones are left out")
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  command->add_option("--batch", options->batch, "Texts at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 1024))->capture_default_str();
  command->add_option("--dtypes", options->dtypes, "Of this engine, f32 first: f32, bf16, s16, s8")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--peers", options->peers, "onnxruntime, openvino, in f32 and s8: installed where missing")
      ->delimiter(',');
  command->add_option("--rounds", options->rounds, "Timed batches of each, after one that warms up")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the split")->capture_default_str();
  command->add_option("--setup", options->setup, "The script that installs peers")->capture_default_str();
  return {command, [options] { return options->validate(); }, [options] { return run_formats_bench(*options); },
          true};
}

}  // namespace memo
