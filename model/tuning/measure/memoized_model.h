// A model under its policy, as memo-infer would run it.
#pragma once

#include <memory>
#include <string>

#include "embed/json/text_batches.h"
#include "memo/memo_store.h"
#include "model/engine/engine.h"
#include "model/memo/memo_plan.h"
#include "model/memo/memoized_attention.h"
#include "model/text/text_model.h"

namespace memo {

// Threads: as Engine.
class MemoizedModel {
 public:
  // Lifetime: model and store outlive this. Errors: as Policy::load, Engine::make and MemoPlan::make.
  static Result<std::unique_ptr<MemoizedModel>> load(const TextModel& model, const std::string& policy_path,
                                                     EngineOptions options, MemoStore& store);

  Engine& engine() { return *engine_; }
  MemoPlan& plan() { return *plan_; }
  MemoizedAttention& attention() { return *attention_; }

 private:
  MemoizedModel() = default;
  Checkpoint checkpoint_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<MemoPlan> plan_;
  std::unique_ptr<MemoizedAttention> attention_;
};

}  // namespace memo
