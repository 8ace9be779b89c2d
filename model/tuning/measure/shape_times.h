// How long one text takes at several lengths and batches, plain and with every map fixed.
#pragma once

#include <string>
#include <vector>

#include "memo/memo_store.h"
#include "model/text/loaded_model.h"
#include "model/text_model/text_model.h"
#include "model/tuning/measure/model_outputs.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

struct ShapeOptions {
  std::vector<std::uint32_t> lengths;
  std::vector<std::uint32_t> batches;
  EngineOptions engine;
  std::string folder;  // for temporary files
};

// On sequences of full length, of tokens from `source`. Errors: as TextModel::memoized.
Result<std::vector<TimePoint>> time_shapes(const LoadedModel& model, const ShapeOptions& options,
                                           const Tokens& source, MemoStore& store, const Advance& advance);

}  // namespace memo
