// ResultWriter: one JSON line for each text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "embed/output_file.h"
#include "memo/status.h"
#include "tools/common/head.h"
#include "tools/common/text_batches.h"
#include "tools/memo-infer/batch_runner.h"

namespace memo {

struct ResultOptions {
  std::optional<Head> head;            // its labels are written, not those of the model's own head
  bool embeddings = false;             // written beside labels or tokens
  std::optional<std::uint32_t> top_k;  // a list of so many labels, 0 for all; nothing: the best one
};

class ResultWriter {
 public:
  // What the head says of the embedding is written, where there is one; else what the model's own head says; else
  // the embedding. Lifetime: config outlives this.
  ResultWriter(OutputFile file, const ModelConfig& config, ResultOptions options);

  // Errors: as OutputFile; internal (a result is no finite number).
  Status write(std::span<const Text> texts, const TextResults& results);
  // Errors: as OutputFile.
  Status close() { return file_.close(); }
  bool is_stream() const { return file_.is_stream(); }

 private:
  std::vector<double> scores(const TextResults& results, std::size_t text) const;
  std::string labelled(std::size_t index, double score) const;
  std::string answer(std::span<const double> all) const;
  Result<std::string> line(const Text& text, const TextResults& results, std::size_t index) const;

  OutputFile file_;
  const ModelConfig& config_;
  ResultOptions options_;
  bool answers_;  // there are labels or tokens
  bool tokens_;   // there are tokens
};

}  // namespace memo
