// CandidateTrial: makes a policy real, with its calibration and its task head, and measures it on validation texts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/memo-profile/memoized_model.h"
#include "tools/memo-profile/options.h"
#include "tools/memo-profile/profile_result.h"
#include "tools/memo-profile/quality.h"
#include "tools/memo-profile/text_path.h"

namespace memo {

// What all candidates are measured with, and against.
struct TrialGround {
  const ProfileOptions& options;
  const LoadedModel& model;
  const Corpus& corpus;
  std::uint32_t length;
  std::string codebook;  // file with the averages
  std::string embedder;  // file, for layers that look up; empty: the projection
  std::string folder;    // for files of candidates
  MemoStore& store;
  Engine& plain;
  // Training texts, from the first, that averages and calibration are fitted to and that stores hold maps of.
  std::size_t used_training_texts;
  ModelOutputs plain_validation;     // of the plain engine
  std::optional<Judge> plain_judge;  // fitted to its outputs of the head texts; empty without labels
  std::vector<bool> plain_answers;   // counted_answers() of it
  double head_l2 = 0;                // of all task heads

  bool has_labels() const { return !corpus.classes().empty(); }
  TextList fitting() const { return fitting_texts(corpus, options.fitting_texts); }
  EngineOptions engine_options() const { return {options.type(), options.threads}; }
};

// A candidate that was measured, and can be run on.
struct Trial {
  Candidate candidate;
  std::string calibration;               // file; empty: none
  std::unique_ptr<MemoizedModel> model;  // null: to be loaded
  std::optional<Judge> judge;            // fitted to memoized outputs; empty without labels
};

// The training texts that task heads are fitted on: the last, as averages and calibration are fitted to the first.
TextList head_texts(const Corpus& corpus);

// Which texts are labelled right, of those that a candidate's loss is counted on: the validation texts; then the head
// texts that nothing but a head was fitted to, each judged by a head that was fitted without it. The latter cost no
// further pass of the model, and more than halve what chance makes of the loss (its variance) where there are as many
// as of the former. judge: fitted to `head`. Shapes: validation, head: outputs of those texts.
std::vector<bool> counted_answers(const TrialGround& ground, const Judge& judge, const ModelOutputs& validation,
                                  const ModelOutputs& head);

// Refits the model to these layers, on the ground's fitting texts. -> the file, named after `name`.
// Requires: no layer publishes that looks up. Errors: as calibrate.
Result<std::string> fit_calibration(const TrialGround& ground, const std::string& name,
                                    const std::vector<LayerPolicy>& layers);

// Loads a candidate, fits a task head to it, and measures. calibration: a file; empty: none.
// Errors: as MemoizedModel::load.
Result<Trial> try_candidate(const TrialGround& ground, const std::string& name,
                            const std::vector<LayerPolicy>& layers, const std::string& calibration);

// Loads what a trial ran on once more. Errors: as MemoizedModel::load.
Result<std::unique_ptr<MemoizedModel>> load_trial(const TrialGround& ground, const Trial& trial);

// Runs texts plainly and under the trial's policy in turn, label included. model: the trial's, loaded.
// rounds and advance: as compare_paths.
PathComparison compare_with_plain(const TrialGround& ground, const Trial& trial, MemoizedModel& model,
                                  const TextList& texts, std::size_t rounds, const Advance& advance);

// Quality of `outputs`, those of `texts`, against the plain engine's.
TestQuality quality_of(const TrialGround& ground, const Trial& trial, const TextList& texts,
                       const ModelOutputs& plain, const ModelOutputs& outputs);

// Publishes the maps of `texts` under a candidate's layers, so that what looks up has something to find.
// Errors: as MemoizedModel::load, full (the pool has no room for them).
Status fill_store(const TrialGround& ground, const std::vector<LayerPolicy>& layers,
                  const std::string& calibration, const TextList& texts);

// The mean cosine to the plain embeddings of the first `texts` validation texts, uncalibrated.
Result<double> quick_cosine(const TrialGround& ground, const std::vector<LayerPolicy>& layers, std::size_t texts);

}  // namespace memo
