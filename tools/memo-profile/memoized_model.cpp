#include "tools/memo-profile/memoized_model.h"

#include "model/calibration/calibration.h"

namespace memo {

Result<std::unique_ptr<MemoizedModel>> MemoizedModel::load(const TextModel& model, const std::string& policy_path,
                                                           EngineOptions options, MemoStore& store) {
  Result<Policy> policy = Policy::load(policy_path, model.checkpoint.config.layers);
  if (!policy) return policy.status();
  std::unique_ptr<MemoizedModel> memoized(new MemoizedModel);
  Result<Checkpoint> checkpoint = checkpoint_for(model.checkpoint, *policy);
  if (!checkpoint) return checkpoint.status();
  memoized->checkpoint_ = std::move(*checkpoint);
  Result<std::unique_ptr<Engine>> engine = Engine::make(memoized->checkpoint_, options);
  if (!engine) return engine.status();
  memoized->engine_ = std::move(*engine);
  Result<std::unique_ptr<MemoPlan>> plan =
      MemoPlan::make(memoized->checkpoint_, memoized->engine_->type(), std::move(*policy), store);
  if (!plan) return plan.status();
  memoized->plan_ = std::move(*plan);
  memoized->attention_ = std::make_unique<MemoizedAttention>(*memoized->plan_);
  return memoized;
}

}  // namespace memo
