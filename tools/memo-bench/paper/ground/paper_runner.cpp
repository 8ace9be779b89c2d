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

std::unique_ptr<PaperRunner> PaperRunner::plain(PaperGround& ground, Engine& engine, const Judge* judge) {
  std::unique_ptr<PaperRunner> runner(new PaperRunner(ground, engine, judge));
  runner->start();
  return runner;
}

Result<std::unique_ptr<PaperRunner>> PaperRunner::memoized(PaperGround& ground, Engine& engine, MemoStore& store,
                                                           const RunnerPolicy& policy, const Judge* judge) {
  std::unique_ptr<PaperRunner> runner(new PaperRunner(ground, engine, judge));
  MEMO_ASSIGN_OR_RETURN(
      auto plan, MemoPlan::make(ground.model().checkpoint, engine.type(), policy_of(ground, policy), store));
  MEMO_RETURN_IF_ERROR(plan->space_status());
  runner->plan_ = std::move(plan);
  runner->start();
  return runner;
}

void PaperRunner::start() {
  if (plan_ != nullptr) attention_ = std::make_unique<MemoizedAttention>(*plan_);
  path_ = std::make_unique<TextPath>(ground_.model(), engine_, attention_.get(), judge_, ground_.length());
  total_s_ = attention_s_ = 0;
}

void PaperRunner::warm_up(const TextList& batch) {
  run(batch);
  start();
}

double PaperRunner::run(const TextList& batch) {
  const double before = engine_.attention_seconds();
  const double seconds = path_->run(batch);
  attention_s_ += engine_.attention_seconds() - before;
  total_s_ += seconds;
  return seconds;
}

RunnerTimes PaperRunner::times() const {
  RunnerTimes times{total_s_, path_->tokenize_seconds(), {}};
  if (attention_ != nullptr)
    times.parts = attention_->seconds();
  else
    times.parts.compute = attention_s_;
  return times;
}

std::vector<LayerCounters> PaperRunner::counters() const {
  return attention_ != nullptr ? attention_->counters() : std::vector<LayerCounters>();
}

}  // namespace memo
