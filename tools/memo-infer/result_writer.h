// ResultWriter: one JSON line for each text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "embed/files/output_file.h"
#include "embed/json/text_batches.h"
#include "memo/status.h"
#include "model/text/task_head.h"
#include "model/text_model/text_model.h"

namespace memo {

struct ResultOptions {
  std::optional<TaskHead> head;        // its labels are written, not those of the model's own head
  bool embeddings = false;             // written beside labels or tokens
  std::optional<std::uint32_t> top_k;  // the length of a list of labels, 0 for all; nothing: the best one
};

class ResultWriter {
 public:
  // Writes the task head's answer for the embedding, if there is one; else that of the model's own task head; else
  // the embedding. Lifetime: config outlives this.
  ResultWriter(OutputFile file, const ModelConfig& config, ResultOptions options);

  // Errors: as OutputFile; internal (a result is no finite number).
  Status write(std::span<const Text> texts, const TextResults& results);
  // Writes the final states of the texts' tokens, and nothing else. Shapes: states [texts] of [tokens, hidden]
  Status write(std::span<const Text> texts, std::span<const Tensor> states);
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
