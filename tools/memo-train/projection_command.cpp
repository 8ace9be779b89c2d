#include "tools/memo-train/projection_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "tools/common/command_line.h"

namespace memo {

void ProjectionOptions::add_to(CLI::App& command) {
  command.add_option("--hidden", shape.hidden, "Hidden size of the model")->required();
  command.add_option("--length", shape.length_bucket, "Longest sequence, in tokens")->required();
  command.add_option("--token-width", shape.token_width, "Numbers that a token is reduced to")
      ->capture_default_str();
  command.add_option("--segments", shape.segments, "Stretches of the sequence kept apart")->capture_default_str();
  command.add_option("--dimension", shape.feature_dimension, "Numbers in a feature, at most 256")
      ->capture_default_str();
  command.add_option("--seed", seed, "Of the random signs")->capture_default_str();
  command.add_option("--output", output, "Where the embedder goes")->type_name("FILE.safetensors")->required();
}

Status train_projection(const ProjectionOptions& options) {
  MEMO_ASSIGN_OR_RETURN(const Embedder embedder, Embedder::projection(options.shape, options.seed));
  MEMO_RETURN_IF_ERROR(embedder.save(options.output));
  print_to(report_stream({options.output}), "embedder {}\n", embedder.fingerprint().hex());
  return Status::ok();
}

}  // namespace memo
