#include "model/tuning/search/policy_testing.h"

namespace memo {
namespace {

// The min. number of timed batches; a small set of texts is run repeatedly.
constexpr std::size_t kTestBatches = 150;

ModelOutputs run_test_texts(const TrialGround& ground, Engine& engine, AttentionSource* source) {
  return run_texts(engine, source, ground.corpus.test(), ground.options.batch, {});
}

}  // namespace

Result<TestResult> test_policy(const TrialGround& ground, const Trial& chosen, const Advance& advance) {
  MEMO_ASSIGN_OR_RETURN(const auto model, load_trial(ground, chosen));
  const TextList& texts = ground.corpus.test();
  const std::size_t rounds = 1 + kTestBatches * ground.options.batch / texts.size();
  const PathComparison found = compare_with_plain(ground, chosen, *model, texts, rounds, advance);
  const TestQuality quality = quality_of(ground, chosen, texts, found.plain, found.memoized);
  TestResult result;
  result.texts = texts.size();
  result.cosine = quality.cosine;
  result.cosine_p05 = quality.cosine_p05;
  result.lost = quality.lost;
  if (chosen.judge) {
    result.plain_accuracy = per_cent(ground.plain_judge->right(texts, found.plain));
    result.memoized_accuracy = per_cent(chosen.judge->right(texts, found.memoized));
  }
  result.plain_us = found.times.plain_us;
  result.memoized_us = found.times.memoized_us;
  result.saved = found.times.saved;
  return result;
}

Status test_candidates(const TrialGround& ground, std::vector<Trial>& trials, const Advance& advance) {
  const ModelOutputs plain = run_test_texts(ground, ground.plain.engine(), nullptr);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    MEMO_ASSIGN_OR_RETURN(const auto model, load_trial(ground, trials[i]));
    const ModelOutputs memoized = run_test_texts(ground, model->engine(), model->attention());
    trials[i].candidate.test = quality_of(ground, trials[i], ground.corpus.test(), plain, memoized);
    if (advance) advance(i + 1, trials.size());
  }
  return Status::ok();
}

}  // namespace memo
