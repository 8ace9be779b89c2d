// ResultWriter: one JSON line for each text.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "client/status.h"
#include "tools/common/head.h"
#include "tools/common/output_file.h"
#include "tools/common/text_batches.h"
#include "tools/memo-infer/batch_runner.h"

namespace memo {

class ResultWriter {
 public:
  // What the head says of the embedding is written, where there is one; else what the model's own head says; else
  // the embedding. Embeddings are written beside an answer where asked for. Lifetime: config outlives this.
  ResultWriter(OutputFile file, std::optional<Head> head, const ModelConfig& config, bool embeddings)
      : file_(std::move(file)),
        head_(std::move(head)),
        config_(config),
        embeddings_(embeddings || (!head_ && config.task == Task::embedding)) {}

  // Errors: as OutputFile.
  Status write(std::span<const Text> texts, const TextResults& results);
  Status close() { return file_.close(); }

 private:
  std::string answer(const TextResults& results, std::size_t text) const;

  OutputFile file_;
  std::optional<Head> head_;
  const ModelConfig& config_;
  bool embeddings_;
};

}  // namespace memo
