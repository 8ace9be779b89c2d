// memo-train: makes what memoized inference is given: task heads, codebooks, calibrations, embedders.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "client/process/standard_streams.h"
#include "memod/store/pool/pool.h"
#include "model/engine/process.h"
#include "tools/common/command_line.h"
#include "tools/memo-train/calibration_command.h"
#include "tools/memo-train/codebook_command.h"
#include "tools/memo-train/embedder_command.h"
#include "tools/memo-train/head_command.h"
#include "tools/memo-train/projection_command.h"

namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  memo-train head --embeddings plain.jsonl --labels mails.jsonl --label-field label --output head.json\n"
    "  memo-train codebook --model DIR --input mails.jsonl --limit 1000 --output codebook.safetensors\n"
    "  memo-train calibration --model DIR --policy p.toml --input mails.jsonl --limit 2000 --output "
    "calibration.safetensors\n"
    "  memo-train embedder --model DIR --input mails.jsonl --limit 5000 --output embedder.safetensors\n"
    "  memo-train projection --hidden 384 --length 128 --output embedder.safetensors\n"
    "- is stdin and stdout. A file is replaced when its successor is complete: a run that fails or is killed "
    "leaves what\n"
    "was there. A file that is read cannot be written: that is wrong usage.\n"
    "Exit codes: 0 done, 1 failed (a file, a line of the input, the model), 2 wrong usage,\n"
    "3 done, but stderr or the report on stdout could not be written.";

}  // namespace

int main(int argc, char** argv) {
  memo::guard_standard_streams();
  using namespace memo;
  if (const auto ended = require_threads("memo-train")) return *ended;
  configure_process_for_inference();
  emulate_persistent_memory();
  CLI::App app{"memo-train makes what memoized inference is given.", "memo-train"};
  app.require_subcommand(1);
  app.fallthrough();  // options of all commands, behind their names too
  add_isa_option(app);
  app.footer(kFooter);
  HeadOptions head;
  CodebookOptions codebook;
  CalibrationCommandOptions calibration;
  EmbedderOptions embedder;
  ProjectionOptions projection;
  CLI::App* head_command = app.add_subcommand("head", "Fit a task head on embeddings and labels");
  CLI::App* codebook_command =
      app.add_subcommand("codebook", "Average attention maps over texts, for fixed layers");
  CLI::App* calibration_command =
      app.add_subcommand("calibration", "Refit a model's weights for a policy, without labels");
  CLI::App* embedder_command = app.add_subcommand("embedder", "Train an embedder for each layer on texts");
  CLI::App* projection_command = app.add_subcommand("projection", "Write an embedder that is a random projection");
  head.add_to(*head_command);
  codebook.add_to(*codebook_command);
  calibration.add_to(*calibration_command);
  embedder.add_to(*embedder_command);
  projection.add_to(*projection_command);
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  return run_tool(
      "memo-train",
      [&] {
        if (head_command->parsed()) return train_head(head);
        if (codebook_command->parsed()) return train_codebook(codebook);
        if (calibration_command->parsed()) return train_calibration(calibration);
        if (embedder_command->parsed()) return train_embedder(embedder);
        return train_projection(projection);
      },
      std::max({codebook.threads, calibration.calibration.threads, embedder.training.samples.threads}));
}
