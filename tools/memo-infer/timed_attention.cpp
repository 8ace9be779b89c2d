#include "tools/memo-infer/timed_attention.h"

#include "model/memo/memo_counters.h"

namespace memo {

at::Tensor TimedAttention::context(std::int64_t layer, const at::Tensor& hidden) {
  const PartTimer timer(seconds_);
  return plain_.context(layer, hidden);
}

}  // namespace memo
