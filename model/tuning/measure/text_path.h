// TextPath: the whole way of a text, as a server would process it: tokens, model, embedding, label.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/text_model/text_model.h"
#include "model/tuning/measure/corpus.h"
#include "model/tuning/measure/quality.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Threads: one caller at a time. Lifetime: everything outlives this.
class TextPath {
 public:
  // judge may be null: no labels.
  TextPath(TextModel& model, const Judge* judge) : model_(model), judge_(judge) {}

  // -> wall seconds
  double run(const TextList& batch);
  // Of the last batch.
  const ModelOutputs& outputs() const { return outputs_; }
  // Of run()'s seconds, since this was made.
  double tokenize_seconds() const { return tokenize_s_; }

 private:
  TextModel& model_;
  const Judge* judge_;
  ModelOutputs outputs_;
  double tokenize_s_ = 0;
};

struct PairedTimes {
  double plain_us = 0;  // of a text, median over groups
  double memoized_us = 0;
  Interval saved;           // share of plain time, over groups
  double saved_median = 0;  // the same of the middle group: disturbances of a few groups do not count
};

// The texts in their order, `batch` at a time.
std::vector<TextList> batches_of(const TextList& texts, std::size_t batch);

// Compares times of the same batches, in groups. Requires: there is at least one batch. Units: wall seconds of a
// batch, of all rounds. Shapes: both [batches]
PairedTimes compare_times(const std::vector<TextList>& batches, std::span<const double> plain_s,
                          std::span<const double> memoized_s, std::size_t rounds);

struct PathComparison {
  PairedTimes times;
  ModelOutputs plain;  // of all texts
  ModelOutputs memoized;
};

// Runs batch after batch plain and memoized, in alternating order: a disturbance of the machine affects both.
// rounds: how often all texts are run. Requires: texts is not empty, rounds is not 0.
PathComparison compare_paths(TextPath& plain, TextPath& memoized, const TextList& texts, std::size_t batch,
                             std::size_t rounds, const Advance& advance);

}  // namespace memo
