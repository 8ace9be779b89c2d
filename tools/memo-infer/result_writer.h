// ResultWriter: one JSON line for each text.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>

#include "client/status.h"
#include "tools/common/head.h"
#include "tools/common/output_file.h"
#include "tools/common/text_batches.h"

namespace memo {

class ResultWriter {
 public:
  // Without a head, embeddings are written; with one, labels, and embeddings too where asked for.
  ResultWriter(OutputFile file, std::optional<Head> head, bool embeddings)
      : file_(std::move(file)), head_(std::move(head)), embeddings_(embeddings || !head_) {}

  // Shapes: embeddings [texts, hidden]. Errors: as OutputFile.
  Status write(std::span<const Text> texts, const at::Tensor& embeddings);
  Status close() { return file_.close(); }

 private:
  OutputFile file_;
  std::optional<Head> head_;
  bool embeddings_;
};

}  // namespace memo
