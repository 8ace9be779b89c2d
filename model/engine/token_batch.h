// TokenBatch: tokenized sequences, padded on the right to the longest of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace memo {

struct TokenBatch {
  at::Tensor ids;                     // [batch, padded] int64
  std::vector<std::int32_t> lengths;  // [batch], tokens that count
  at::Tensor mask;                    // [batch, 1, 1, padded] f32, 0 or -inf, added to scores; undefined when
                                      // every sequence has the padded length

  std::int64_t size() const { return ids.size(0); }
  std::int64_t padded() const { return ids.size(1); }

  // Requires: sequences is not empty, none of them is.
  static TokenBatch pad(std::span<const std::span<const std::int32_t>> sequences, std::int32_t pad_id);
};

}  // namespace memo
