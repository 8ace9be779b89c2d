#include "model/tuning/measure/memoized_model.h"

#include "model/policy/calibration.h"

namespace memo {

Result<std::unique_ptr<MemoizedModel>> MemoizedModel::load(const TextModel& model, const std::string& policy_path,
                                                           EngineOptions options, MemoStore& store) {
  MEMO_ASSIGN_OR_RETURN(Policy policy, Policy::load(policy_path, model.checkpoint.config.layers));
  std::unique_ptr<MemoizedModel> memoized(new MemoizedModel);
  MEMO_ASSIGN_OR_RETURN(memoized->checkpoint_, checkpoint_for(model.checkpoint, policy));
  MEMO_ASSIGN_OR_RETURN(memoized->engine_, Engine::make(memoized->checkpoint_, options));
  MEMO_ASSIGN_OR_RETURN(
      memoized->plan_, MemoPlan::make(memoized->checkpoint_, memoized->engine_->type(), std::move(policy), store));
  memoized->attention_ = std::make_unique<MemoizedAttention>(*memoized->plan_);
  return memoized;
}

}  // namespace memo
