// LayerInput: what memoized attention works on in one call: a batch at the input of a layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/engine/token_batch.h"
#include "model/memo/feature_table.h"
#include "model/memo/lineage.h"
#include "model/memo/memo_counters.h"

namespace memo {

struct LayerInput {
  std::int64_t layer;
  const at::Tensor& hidden;  // [batch, padded, hidden]
  const TokenBatch& batch;
  std::vector<Lineage>& lineages;  // [batch]
  FeatureTable& features;
  LayerCounters& counters;
  PartSeconds& seconds;

  std::uint32_t length(std::int64_t sequence) const {
    return static_cast<std::uint32_t>(batch.lengths[static_cast<std::size_t>(sequence)]);
  }
  Lineage& lineage(std::int64_t sequence) const { return lineages[static_cast<std::size_t>(sequence)]; }
};

}  // namespace memo
