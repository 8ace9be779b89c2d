// What one text takes at several lengths and batches, plain and with every map fixed.
#pragma once

#include <string>
#include <vector>

#include "memo/memo_store.h"
#include "model/text/text_model.h"
#include "tools/memo-profile/memoized_model.h"
#include "tools/memo-profile/model_outputs.h"
#include "tools/memo-profile/profile_result.h"

namespace memo {

struct ShapeOptions {
  std::vector<std::uint32_t> lengths;
  std::vector<std::uint32_t> batches;
  EngineOptions engine;
  std::string folder;  // for files that are deleted again
};

// On sequences of full length, of tokens from `source`. Errors: as MemoizedModel::load.
Result<std::vector<TimePoint>> time_shapes(const TextModel& model, const ShapeOptions& options,
                                           const Tokens& source, MemoStore& store, const Advance& advance);

}  // namespace memo
