#include <ATen/ops/empty.h>
#include <ATen/ops/norm.h>
#include <c10/core/InferenceMode.h>

#include "model/engine/bert_encoder.h"

namespace memo {
namespace {

// sentence-transformers' floor under a vector's length, so that a zero vector stays zero.
constexpr double kMinimumNorm = 1e-12;

// states [padded, hidden] of one sequence -> [hidden]
at::Tensor pool_one(const at::Tensor& states, std::int32_t length, Pooling pooling) {
  return pooling == Pooling::cls ? states[0] : states.narrow(0, 0, length).mean(0);
}

}  // namespace

at::Tensor pool(const at::Tensor& states, const TokenBatch& batch, Pooling pooling) {
  const c10::InferenceMode guard;
  at::Tensor pooled = at::empty({states.size(0), states.size(2)}, states.options());
  for (std::int64_t i = 0; i < states.size(0); ++i)
    pooled[i].copy_(pool_one(states[i], batch.lengths[static_cast<std::size_t>(i)], pooling));
  // [batch, hidden] / [batch, 1]
  return pooled.div_(at::norm(pooled, 2, {1}, true).clamp_min_(kMinimumNorm));
}

}  // namespace memo
