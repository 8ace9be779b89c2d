// CandidateTrial: runs a policy, with its calibration and its task head, and measures it on validation texts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/text/loaded_model.h"
#include "model/text_model/text_model.h"
#include "model/tuning/measure/quality.h"
#include "model/tuning/measure/text_path.h"
#include "model/tuning/result/profile_options.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Which texts are labelled right.
struct Answers {
  std::vector<bool> validation;  // [validation texts]
  std::vector<bool> head;        // [head texts], each judged by a task head that was fitted without it
};

// What all candidates are measured with, and compared to.
struct TrialGround {
  const ProfileOptions& options;
  const Corpus& corpus;
  std::string codebook;  // file with the averages
  std::string embedder;  // file, for layers that look up; empty: the projection
  std::string folder;    // for files of candidates
  MemoStore& store;
  TextModel& plain;
  std::size_t stored_texts;          // training texts, from the first, whose maps layers that look up can find
  ModelOutputs plain_validation;     // of the plain engine
  std::optional<Judge> plain_judge;  // fitted to its outputs of the head texts; empty without labels
  Answers plain_answers;             // empty without labels
  double head_l2 = 0;                // of all task heads

  const LoadedModel& model() const { return plain.loaded(); }
  std::uint32_t length() const { return plain.length(); }
  bool has_labels() const { return !corpus.classes().empty(); }
  TextList fitting() const { return fitting_texts(corpus, options.fitting_texts); }
  EngineOptions engine_options() const { return {options.type(), options.threads}; }
};

// A candidate that was measured, and can be run further.
struct Trial {
  Candidate candidate;
  std::string calibration;           // file; empty: none
  std::unique_ptr<TextModel> model;  // null: to be loaded
  std::optional<Judge> judge;        // fitted to memoized outputs; empty without labels
};

// The training texts that task heads are fitted on: the last, as averages and calibration are fitted to the first.
TextList head_texts(const Corpus& corpus);

// judge: fitted to `head`. Shapes: validation, head: outputs of those texts.
Answers answers_of(const Corpus& corpus, const Judge& judge, const ModelOutputs& validation,
                   const ModelOutputs& head);

// How many of the head texts, from the first, cannot show what a candidate loses: its averages and calibration
// were fitted to them, or its store holds their maps.
std::size_t seen_head_texts(const TrialGround& ground, const std::vector<LayerPolicy>& layers);

// Points of accuracy lost: on validation texts, and on the unseen head texts. The latter cost no further pass of
// the model. Where there are as many as validation texts, they halve the variance of the loss.
Interval counted_loss(const TrialGround& ground, const std::vector<LayerPolicy>& layers, const Answers& answers);

// Whether any layer has heads that look up.
bool any_looks_up(const std::vector<LayerPolicy>& layers);

// Refits the model to these layers, on the ground's fitting texts. -> the file, named after `name`.
// Requires: no layer publishes that looks up. Errors: as calibrate.
Result<std::string> fit_calibration(const TrialGround& ground, const std::string& name,
                                    const std::vector<LayerPolicy>& layers);

// Loads a candidate, fits a task head to it, and measures. calibration: a file; empty: none.
// Errors: as TextModel::memoized.
Result<Trial> try_candidate(const TrialGround& ground, const std::string& name,
                            const std::vector<LayerPolicy>& layers, const std::string& calibration);

// Loads the model of a trial once more. Errors: as TextModel::memoized.
Result<std::unique_ptr<TextModel>> load_trial(const TrialGround& ground, const Trial& trial);

// Runs texts plain and under the trial's policy in turn, including the label. model: the trial's, loaded. rounds
// and advance: as compare_paths.
PathComparison compare_with_plain(const TrialGround& ground, const Trial& trial, TextModel& model,
                                  const TextList& texts, std::size_t rounds, const Advance& advance);

// Quality of `outputs`, those of `texts`, against the plain engine's.
TestQuality quality_of(const TrialGround& ground, const Trial& trial, const TextList& texts,
                       const ModelOutputs& plain, const ModelOutputs& outputs);

// Publishes the maps of `texts` under a candidate's layers, so that lookups find something.
// Errors: as TextModel::memoized, full (the pool has no room for them).
Status fill_store(const TrialGround& ground, const std::vector<LayerPolicy>& layers,
                  const std::string& calibration, const TextList& texts);

// The mean cosine to the plain embeddings of the first `texts` validation texts, uncalibrated.
Result<double> quick_cosine(const TrialGround& ground, const std::vector<LayerPolicy>& layers, std::size_t texts);

}  // namespace memo
