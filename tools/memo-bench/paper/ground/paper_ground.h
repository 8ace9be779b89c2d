// PaperGround: the texts, their split, and the plain engine that all experiments on texts share.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "client/process/progress.h"
#include "embed/json/text_batches.h"
#include "model/text/loaded_model.h"
#include "model/text_model/text_model.h"
#include "model/tuning/measure/corpus.h"
#include "model/tuning/measure/model_outputs.h"
#include "tools/common/interrupt.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"

namespace memo {

// Thrown between two batches when a signal has come: caught where the experiments are run.
struct Interrupted {};

// Threads: one at a time.
class PaperGround {
 public:
  // Lifetime: options outlive this. Errors: as LoadedModel::load, Corpus::read and TextModel::plain.
  static Result<std::unique_ptr<PaperGround>> make(const PaperBench& options);

  const PaperBench& options() const { return options_; }
  const LoadedModel& model() const { return model_; }
  const Corpus& corpus() const { return *corpus_; }
  std::uint32_t length() const { return length_; }
  std::size_t layers() const { return model_.checkpoint.layers.size(); }
  bool has_labels() const { return !corpus_->classes().empty(); }

  // No text is in two of these. Maps are stored of the first; the second says what distances mean; nothing is
  // fitted to the third.
  const TextList& stored() const { return stored_; }
  const TextList& probes() const { return probes_; }
  const TextList& test() const { return corpus_->test(); }

  // Computes in main_type() on options().threads.
  TextModel& plain() { return *plain_; }
  DataType main_type() const { return plain_->engine().type(); }
  // The average map of each layer, over training texts; made when first asked for.
  // Shapes: -> [layers] of [heads, length, length]
  const std::vector<at::Tensor>& averages();

  // Draws `progress`. Throws Interrupted.
  Advance advance(Progress& progress) const;
  // Throws Interrupted when a signal has come.
  void check() const;
  // What was run, for the head of the figures.
  nlohmann::ordered_json setting() const;

 private:
  explicit PaperGround(const PaperBench& options) : options_(options) {}

  const PaperBench& options_;
  const Interrupt interrupt_;
  LoadedModel model_;
  std::uint32_t length_ = 0;
  std::unique_ptr<Corpus> corpus_;
  std::unique_ptr<TextModel> plain_;
  TextList stored_, probes_;
  std::vector<at::Tensor> averages_;
};

}  // namespace memo
