#include "tools/memo-profile/policy_testing.h"

#include "tools/memo-profile/text_path.h"

namespace memo {
namespace {

constexpr std::size_t kTimedRounds = 2;

void measure_times(const TrialGround& ground, const Trial& chosen, MemoizedModel& model, const Advance& advance,
                   TestResult& result) {
  const Judge* plain_judge = ground.plain_judge ? &*ground.plain_judge : nullptr;
  const Judge* judge = chosen.judge ? &*chosen.judge : nullptr;
  TextPath plain(ground.model, ground.plain, nullptr, plain_judge, ground.length);
  TextPath memoized(ground.model, model.engine(), &model.attention(), judge, ground.length);
  const PairedTimes times =
      time_paths(plain, memoized, ground.corpus.test(), ground.options.batch, kTimedRounds, advance);
  result.plain_us = times.plain_us;
  result.memoized_us = times.memoized_us;
  result.saved = times.saved;
}

ModelOutputs run_plain(const TrialGround& ground) {
  return run_texts(ground.plain, nullptr, ground.corpus.test(), ground.options.batch, {});
}

ModelOutputs run_memoized(const TrialGround& ground, MemoizedModel& model) {
  return run_texts(model.engine(), &model.attention(), ground.corpus.test(), ground.options.batch, {});
}

}  // namespace

Result<TestResult> test_policy(const TrialGround& ground, const Trial& chosen, const Advance& advance) {
  const auto model = load_trial(ground, chosen);
  if (!model) return model.status();
  const TextList& texts = ground.corpus.test();
  const ModelOutputs plain = run_plain(ground);
  const ModelOutputs memoized = run_memoized(ground, **model);
  const TestQuality quality = quality_of(ground, chosen, texts, plain, memoized);
  TestResult result;
  result.texts = texts.size();
  result.cosine = quality.cosine;
  result.cosine_p05 = quality.cosine_p05;
  result.lost = quality.lost;
  if (chosen.judge) {
    result.plain_accuracy = per_cent(ground.plain_judge->right(texts, plain));
    result.memoized_accuracy = per_cent(chosen.judge->right(texts, memoized));
  }
  measure_times(ground, chosen, **model, advance, result);
  return result;
}

Status test_candidates(const TrialGround& ground, std::vector<Trial>& trials, const Advance& advance) {
  const ModelOutputs plain = run_plain(ground);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto model = load_trial(ground, trials[i]);
    if (!model) return model.status();
    const ModelOutputs memoized = run_memoized(ground, **model);
    trials[i].candidate.test = quality_of(ground, trials[i], ground.corpus.test(), plain, memoized);
    if (advance) advance(i + 1, trials.size());
  }
  return Status::ok();
}

}  // namespace memo
