// TimedAttention: plain attention that measures itself, so that plain and memoized runs report the same parts.
#pragma once

#include "model/engine/attention.h"

namespace memo {

// Threads: one at a time.
class TimedAttention : public Attention {
 public:
  // Lifetime: checkpoint outlives this.
  explicit TimedAttention(const BertCheckpoint& checkpoint) : plain_(checkpoint) {}
  void begin(const TokenBatch& batch) override { plain_.begin(batch); }
  at::Tensor context(std::int64_t layer, const at::Tensor& hidden) override;

  double seconds() const { return seconds_; }

 private:
  PlainAttention plain_;
  double seconds_ = 0;
};

}  // namespace memo
