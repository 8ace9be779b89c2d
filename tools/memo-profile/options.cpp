#include "tools/memo-profile/options.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <thread>

#include "client/settings/setting_values.h"
#include "tools/common/distinct_files.h"

namespace memo {
namespace {

// In --output, beside the report.
constexpr const char* kWrittenFiles[] = {
    "policy.toml", "codebook.safetensors", "embedder.safetensors", "calibration.safetensors",
    "head.json",   "profile.json"};

constexpr char kFooter[] = R"(Examples:
  memo-profile --model DIR --input mails.jsonl --label-field label --budget 0.5 --output profile
  memo-profile --model DIR --input texts.jsonl --fidelity 0.95 --length 256 --output profile
  memo-infer   --model DIR --input new.jsonl --memo unix:/run/memod.sock --policy profile/policy.toml --output -

The texts are split by --seed: half is fitted to (average maps, embedder, calibration, task head), a quarter decides
between policies, and the last quarter, looked at once, is what the result is reported on. With labels, those of the
first half that only the task head is fitted to decide as well, each judged by a head that was fitted without it.

--output DIR gets
  policy.toml               what each layer and head does; for memo-infer --policy
  codebook.safetensors      the average maps of fixed heads
  embedder.safetensors      where layers look up: what tells which texts are alike, trained on the sample
  calibration.safetensors   matrices refitted to the fixed maps
  head.json                 with labels: the task head, fitted on memoized outputs; for memo-infer --head
  profile.json              all figures
  report.html               the same for people
Files that the chosen policy does not need are not written. Each is replaced when its successor is complete; a run that
is killed leaves what was there. The input and the model cannot be written: that is wrong usage.

Exit codes: 0 done, also when nothing pays (the policy then computes everything), 1 failed, 2 wrong usage,
3 done, but stderr or the report on stdout could not be written.)";

}  // namespace

void add_profile_options(CLI::App& app, ProfileOptions& options) {
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--model", options.model,
                 "Folder with config.json, model.safetensors and tokenizer.json or vocab.txt")
      ->type_name("DIR")
      ->required();
  app.add_option("--input", options.source.path, "Texts, one JSON object a line")
      ->type_name("FILE.jsonl")
      ->required();
  app.add_option("--text-field", options.source.text_field, "Field with the text")->capture_default_str();
  app.add_option("--label-field", options.label_field,
                 "Field with the label; without it the budget is --fidelity");
  app.add_option("--limit", options.source.limit, "Use N texts only, chosen by the seed; 0: all")
      ->capture_default_str();
  app.add_option("--budget", options.budget, "Points of accuracy that may be lost")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--fidelity", options.fidelity, "Without labels: the least mean cosine to the plain embedding")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--output", options.output, "Folder for the policy and what it needs")
      ->type_name("DIR")
      ->required();
  app.add_option("--report", options.report, "The report; default: report.html in the folder")
      ->type_name("FILE.html");
  app.add_option("--length", options.length,
                 "Cut texts to N tokens; default: the model's own (128 where it has none)");
  app.add_option("--batch", options.batch, "Texts in a batch")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--threads", options.threads, "Worker threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option(
         "--dtype", options.dtype,
         "Number format of products: f32; bf16, where the CPU has it, or s16: faster, nearly as exact; s8: "
         "fastest, less exact")
      ->check(CLI::IsMember(data_type_names()))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the split")->capture_default_str();
  app.add_option("--fitting-texts", options.fitting_texts,
                 "Texts that averages, embedder and calibration are fitted to, at most; 0: 128,000 tokens")
      ->check(CLI::Range(20, 1'000'000) | CLI::IsMember({0}))
      ->capture_default_str();
  app.add_option("--probe-texts", options.probe_texts, "Texts whose maps are compared with stored ones, at most")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  app.add_flag("--frontier", options.frontier,
               "Try every number of layers, for the whole curve of time against quality; takes longer");
  app.add_flag("!--no-calibration", options.calibrate, "Leave the model's matrices as they are");
  app.add_flag(
      "--test-all", options.test_all,
      "Test every policy that was tried, when the choice has been made: what other budgets would have kept");
  app.add_option("--folder", options.folder, "Where the profile's own pool is made")->capture_default_str();
  app.add_option("--pool-size", options.pool_size, "Its size")->capture_default_str();
  app.footer(kFooter);
  require_distinct_files(app, [&options] {
    std::vector<NamedPath> files = model_files("--model", options.model);
    files.push_back(NamedPath::input("--input", options.source.path));
    for (const char* name : kWrittenFiles)
      files.push_back(NamedPath::output("--output", options.output + "/" + name));
    files.push_back(NamedPath::output("--report", options.report_path()));
    return files;
  });
}

Status validate(const ProfileOptions& options) {
  return parse_size(options.pool_size).status();
}

}  // namespace memo
