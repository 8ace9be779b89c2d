#include "tools/memo-bench/paper/ground/paper_runner.h"

namespace memo {
namespace {

Policy policy_of(const PaperGround& ground, const RunnerPolicy& wanted) {
  Policy policy = Policy::defaults(ground.length(), static_cast<std::int64_t>(ground.layers()));
  policy.selection = Selection::fixed;  // what lookups do is measured, not which of them pay
  for (std::size_t i = 0; i < policy.layers.size(); ++i)
    policy.layers[i] = {HeadMode::lookup, wanted.max_distance[i], wanted.publish};
  return policy;
}

}  // namespace

std::unique_ptr<PaperRunner> PaperRunner::plain(TextModel& plain, const Judge* judge) {
  std::unique_ptr<PaperRunner> runner(new PaperRunner(plain, judge));
  runner->start();
  return runner;
}

Result<std::unique_ptr<PaperRunner>> PaperRunner::memoized(const PaperGround& ground, const TextModel& plain,
                                                           MemoStore& store, const RunnerPolicy& policy,
                                                           const Judge* judge) {
  MEMO_ASSIGN_OR_RETURN(auto model, plain.beside(policy_of(ground, policy), store));
  MEMO_RETURN_IF_ERROR(model->plan()->space_status());
  std::unique_ptr<PaperRunner> runner(new PaperRunner(*model, judge));
  runner->own_ = std::move(model);
  runner->start();
  return runner;
}

void PaperRunner::start() {
  if (own_ != nullptr) own_->start_over();
  path_ = std::make_unique<TextPath>(model_, judge_);
  total_s_ = attention_s_ = 0;
}

void PaperRunner::warm_up(const TextList& batch) {
  run(batch);
  start();
}

double PaperRunner::run(const TextList& batch) {
  const double before = model_.engine().attention_seconds();
  const double seconds = path_->run(batch);
  attention_s_ += model_.engine().attention_seconds() - before;
  total_s_ += seconds;
  return seconds;
}

RunnerTimes PaperRunner::times() const {
  RunnerTimes times{total_s_, path_->tokenize_seconds(), {}};
  if (own_ != nullptr)
    times.parts = own_->attention()->seconds();
  else
    times.parts.compute = attention_s_;
  return times;
}

std::vector<LayerCounters> PaperRunner::counters() const {
  return own_ != nullptr ? own_->attention()->counters() : std::vector<LayerCounters>();
}

}  // namespace memo
