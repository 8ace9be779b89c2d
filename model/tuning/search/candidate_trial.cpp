#include "model/tuning/search/candidate_trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/process/progress.h"
#include "model/tuning/calibration/calibrate.h"

namespace memo {
namespace {

// Batches that are timed to find out what a candidate saves.
constexpr std::size_t kTrialBatches = 12;
constexpr std::size_t kTimedRounds = 3;
// The max. number of texts that a task head is fitted on.
constexpr std::size_t kHeadTexts = 2000;

// A candidate's name in characters that every file system accepts.
std::string file_name(const std::string& name) {
  std::string file = name;
  std::replace_if(
      file.begin(), file.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '-');
  return file;
}

Policy policy_of(const TrialGround& ground, const std::vector<LayerPolicy>& layers,
                 const std::string& calibration) {
  Policy policy;
  policy.length = ground.length();
  policy.model = ground.model().checkpoint.fingerprint.hex();
  policy.codebook = ground.codebook;
  policy.calibration = calibration;
  if (any_looks_up(layers)) policy.embedder = ground.embedder;
  policy.layers = layers;
  policy.selection = Selection::fixed;  // the layers themselves are measured, not the gates
  return policy;
}

Result<std::unique_ptr<TextModel>> load_candidate(const TrialGround& ground, const std::string& name,
                                                  const std::vector<LayerPolicy>& layers,
                                                  const std::string& calibration) {
  const std::string path = fmt::format("{}/{}.toml", ground.folder, file_name(name));
  MEMO_RETURN_IF_ERROR(policy_of(ground, layers, calibration).save(path));
  return TextModel::memoized(ground.model(), path, ground.engine_options(), ground.store);
}

ModelOutputs run_memoized(const TrialGround& ground, TextModel& model, const TextList& texts,
                          const std::string& what) {
  Progress progress(what);
  return run_texts(model.engine(), model.attention(), texts, ground.options.batch,
                   [&](std::size_t done, std::size_t of) {
                     progress.update(static_cast<double>(done) / static_cast<double>(of), done);
                   });
}

ModelOutputs measure_fidelity(const TrialGround& ground, Trial& trial) {
  const TextList& texts = ground.corpus.validation();
  ModelOutputs outputs = run_memoized(ground, *trial.model, texts, trial.candidate.name + ": validating");
  const Fidelity found = fidelity(ground.plain_validation.embeddings, outputs.embeddings);
  trial.candidate.cosine = found.mean;
  trial.candidate.cosine_p05 = found.p05;
  return outputs;
}

// Fits a task head, and counts what it loses.
Status judge_candidate(const TrialGround& ground, const ModelOutputs& validation, Trial& trial) {
  const TextList texts = head_texts(ground.corpus);
  const ModelOutputs outputs =
      run_memoized(ground, *trial.model, texts, trial.candidate.name + ": fitting the head");
  MEMO_ASSIGN_OR_RETURN(Judge judge, Judge::fit(ground.model().checkpoint.config, ground.corpus.classes(), texts,
                                                outputs, ground.head_l2));
  trial.candidate.lost =
      counted_loss(ground, trial.candidate.layers, answers_of(ground.corpus, judge, validation, outputs));
  trial.judge = std::move(judge);
  return Status::ok();
}

void measure_time(const TrialGround& ground, Trial& trial) {
  const TextList texts = first(ground.corpus.validation(), kTrialBatches * ground.options.batch);
  trial.candidate.saved =
      compare_with_plain(ground, trial, *trial.model, texts, kTimedRounds, {}).times.saved_median;
}

}  // namespace

TextList head_texts(const Corpus& corpus) {
  return last(corpus.training(), kHeadTexts);
}

bool any_looks_up(const std::vector<LayerPolicy>& layers) {
  return std::ranges::any_of(layers, &LayerPolicy::has_lookup_heads);
}

Answers answers_of(const Corpus& corpus, const Judge& judge, const ModelOutputs& validation,
                   const ModelOutputs& head) {
  return {judge.right(corpus.validation(), validation), judge.right_without(head_texts(corpus), head)};
}

std::size_t seen_head_texts(const TrialGround& ground, const std::vector<LayerPolicy>& layers) {
  std::size_t seen = ground.fitting().size();
  if (any_looks_up(layers)) seen = std::max(seen, ground.stored_texts);
  const std::size_t heads = head_texts(ground.corpus).size();
  const std::size_t before = ground.corpus.training().size() - heads;
  return std::min(heads, std::max(seen, before) - before);
}

Interval counted_loss(const TrialGround& ground, const std::vector<LayerPolicy>& layers, const Answers& answers) {
  const auto seen = static_cast<std::ptrdiff_t>(seen_head_texts(ground, layers));
  const auto counted = [&](const Answers& all) {
    std::vector<bool> right = all.validation;
    right.insert(right.end(), all.head.begin() + seen, all.head.end());
    return right;
  };
  return points_lost(counted(ground.plain_answers), counted(answers));
}

Result<std::string> fit_calibration(const TrialGround& ground, const std::string& name,
                                    const std::vector<LayerPolicy>& layers) {
  // bf16 is twice as fast where the CPU has it, and its rounding changes far less than maps of other texts do.
  const DataType type = supported_type(DataType::bf16);
  MEMO_ASSIGN_OR_RETURN(
      const std::unique_ptr<MemoPlan> plan,
      MemoPlan::make(ground.model().checkpoint, type, policy_of(ground, layers, ""), ground.store));
  std::vector<Tokens> texts;
  for (const ProfileText* text : ground.fitting()) texts.push_back(text->tokens);
  CalibrationOptions options;
  options.threads = ground.options.threads;
  options.spill_folder = ground.options.output;
  Progress progress(name + ": calibrating");
  const auto advance = [&](double done) { progress.update(done, texts.size()); };
  MEMO_ASSIGN_OR_RETURN(const CalibratedModel calibrated, calibrate(*plan, texts, options, advance));
  const std::string path = fmt::format("{}/{}.safetensors", ground.folder, file_name(name));
  MEMO_RETURN_IF_ERROR(calibrated.calibration.save(path));
  return path;
}

Result<Trial> try_candidate(const TrialGround& ground, const std::string& name,
                            const std::vector<LayerPolicy>& layers, const std::string& calibration) {
  Trial trial;
  trial.candidate.name = name;
  trial.candidate.layers = layers;
  trial.candidate.calibrated = !calibration.empty();
  trial.calibration = calibration;
  MEMO_ASSIGN_OR_RETURN(trial.model, load_candidate(ground, name, layers, calibration));
  const ModelOutputs validation = measure_fidelity(ground, trial);
  if (ground.has_labels()) MEMO_RETURN_IF_ERROR(judge_candidate(ground, validation, trial));
  measure_time(ground, trial);
  return trial;
}

Result<std::unique_ptr<TextModel>> load_trial(const TrialGround& ground, const Trial& trial) {
  return load_candidate(ground, trial.candidate.name, trial.candidate.layers, trial.calibration);
}

PathComparison compare_with_plain(const TrialGround& ground, const Trial& trial, TextModel& model,
                                  const TextList& texts, std::size_t rounds, const Advance& advance) {
  const Judge* plain_judge = ground.plain_judge ? &*ground.plain_judge : nullptr;
  const Judge* judge = trial.judge ? &*trial.judge : nullptr;
  TextPath plain(ground.plain, plain_judge);
  TextPath memoized(model, judge);
  return compare_paths(plain, memoized, texts, ground.options.batch, rounds, advance);
}

TestQuality quality_of(const TrialGround& ground, const Trial& trial, const TextList& texts,
                       const ModelOutputs& plain, const ModelOutputs& outputs) {
  const Fidelity found = fidelity(plain.embeddings, outputs.embeddings);
  TestQuality quality{found.mean, found.p05, std::nullopt};
  if (trial.judge)
    quality.lost = points_lost(ground.plain_judge->right(texts, plain), trial.judge->right(texts, outputs));
  return quality;
}

Status fill_store(const TrialGround& ground, const std::vector<LayerPolicy>& layers,
                  const std::string& calibration, const TextList& texts) {
  MEMO_ASSIGN_OR_RETURN(const auto model, load_candidate(ground, "filling", layers, calibration));
  MEMO_RETURN_IF_ERROR(model->plan()->space_status());
  run_memoized(ground, *model, texts, "storing maps");
  return Status::ok();
}

Result<double> quick_cosine(const TrialGround& ground, const std::vector<LayerPolicy>& layers, std::size_t texts) {
  // Uncalibrated, the weights are those of the plain engine.
  MEMO_ASSIGN_OR_RETURN(const std::unique_ptr<TextModel> model,
                        ground.plain.beside(policy_of(ground, layers, ""), ground.store));
  const TextList probed = first(ground.corpus.validation(), texts);
  const ModelOutputs outputs = run_texts(model->engine(), model->attention(), probed, ground.options.batch, {});
  return fidelity(ground.plain_validation.embeddings.narrow(0, 0, static_cast<std::int64_t>(probed.size())),
                  outputs.embeddings)
      .mean;
}

}  // namespace memo
