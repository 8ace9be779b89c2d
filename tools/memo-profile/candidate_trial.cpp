#include "tools/memo-profile/candidate_trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/common/progress.h"
#include "tools/memo-profile/text_path.h"

namespace memo {
namespace {

// Texts whose time tells what a candidate saves.
constexpr std::size_t kTimedBatches = 12;
constexpr std::size_t kTimedRounds = 2;
// Texts that a task head is fitted on, at most.
constexpr std::size_t kHeadTexts = 2000;

// A policy's file name is its candidate's, in letters that every file system takes.
std::string file_name(const std::string& name) {
  std::string file = name;
  std::replace_if(
      file.begin(), file.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '-');
  return file;
}

Result<std::string> write_policy(const TrialGround& ground, const std::string& name,
                                 const std::vector<LayerPolicy>& layers) {
  Policy policy;
  policy.length = ground.length;
  policy.model = ground.model.checkpoint.fingerprint.hex();
  policy.codebook = ground.codebook;
  policy.layers = layers;
  policy.selection = Selection::fixed;  // what the layers do is measured, not what is made of it
  const std::string path = fmt::format("{}/{}.toml", ground.folder, file_name(name));
  MEMO_RETURN_IF_ERROR(policy.save(path));
  return path;
}

Result<std::unique_ptr<MemoizedModel>> load_candidate(const TrialGround& ground, const std::string& name,
                                                      const std::vector<LayerPolicy>& layers, bool calibrate) {
  const Result<std::string> path = write_policy(ground, name, layers);
  if (!path) return path.status();
  (void)calibrate;
  return MemoizedModel::load(ground.model, *path, ground.engine_options(), ground.store);
}

ModelOutputs run_memoized(const TrialGround& ground, MemoizedModel& model, const TextList& texts,
                          const std::string& what) {
  Progress progress(what);
  return run_texts(model.engine(), &model.attention(), texts, ground.options.batch,
                   [&](std::size_t done, std::size_t of) {
                     progress.update(static_cast<double>(done) / static_cast<double>(of), done);
                   });
}

Status fit_judge(const TrialGround& ground, Trial& trial) {
  const TextList texts = head_texts(ground.corpus);
  const ModelOutputs outputs =
      run_memoized(ground, *trial.model, texts, trial.candidate.name + ": fitting the head");
  Result<Judge> judge = Judge::fit(ground.model.checkpoint.config, ground.corpus.classes(), texts, outputs);
  if (!judge) return judge.status();
  trial.judge = std::move(*judge);
  return Status::ok();
}

void measure_quality(const TrialGround& ground, Trial& trial) {
  const TextList& texts = ground.corpus.validation();
  const ModelOutputs outputs = run_memoized(ground, *trial.model, texts, trial.candidate.name + ": validating");
  const Fidelity found = fidelity(ground.plain_validation.embeddings, outputs.embeddings);
  trial.candidate.cosine = found.mean;
  trial.candidate.cosine_p05 = found.p05;
  if (trial.judge) trial.candidate.lost = points_lost(ground.plain_right, trial.judge->right(texts, outputs));
}

void measure_time(const TrialGround& ground, Trial& trial) {
  const Judge* plain_judge = ground.plain_judge ? &*ground.plain_judge : nullptr;
  const Judge* judge = trial.judge ? &*trial.judge : nullptr;
  TextPath plain(ground.model, ground.plain, nullptr, plain_judge, ground.length);
  TextPath memoized(ground.model, trial.model->engine(), &trial.model->attention(), judge, ground.length);
  const TextList texts = first(ground.corpus.validation(), kTimedBatches * ground.options.batch);
  trial.candidate.saved = time_paths(plain, memoized, texts, ground.options.batch, kTimedRounds, {}).saved.mean;
}

}  // namespace

TextList head_texts(const Corpus& corpus) {
  return first(corpus.training(), kHeadTexts);
}

Result<Trial> try_candidate(const TrialGround& ground, const std::string& name,
                            const std::vector<LayerPolicy>& layers, bool calibrate) {
  Trial trial;
  trial.candidate.name = name;
  trial.candidate.layers = layers;
  trial.candidate.calibrated = calibrate;
  Result<std::unique_ptr<MemoizedModel>> model = load_candidate(ground, name, layers, calibrate);
  if (!model) return model.status();
  trial.model = std::move(*model);
  if (ground.has_labels()) MEMO_RETURN_IF_ERROR(fit_judge(ground, trial));
  measure_quality(ground, trial);
  measure_time(ground, trial);
  return trial;
}

Status fill_store(const TrialGround& ground, const std::vector<LayerPolicy>& layers, bool calibrate,
                  const TextList& texts) {
  const auto model = load_candidate(ground, "filling", layers, calibrate);
  if (!model) return model.status();
  MEMO_RETURN_IF_ERROR((*model)->plan().space_status());
  run_memoized(ground, **model, texts, "storing maps");
  return Status::ok();
}

Result<double> quick_cosine(const TrialGround& ground, const std::vector<LayerPolicy>& layers, std::size_t texts) {
  const auto model = load_candidate(ground, "quick", layers, false);
  if (!model) return model.status();
  const TextList probed = first(ground.corpus.validation(), texts);
  const ModelOutputs outputs =
      run_texts((*model)->engine(), &(*model)->attention(), probed, ground.options.batch, {});
  return fidelity(ground.plain_validation.embeddings.narrow(0, 0, static_cast<std::int64_t>(probed.size())),
                  outputs.embeddings)
      .mean;
}

}  // namespace memo
