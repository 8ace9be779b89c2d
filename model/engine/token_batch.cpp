#include "model/engine/token_batch.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace memo {
namespace {

using Sequences = std::span<const std::span<const std::int32_t>>;

std::size_t longest(Sequences sequences) {
  const auto shorter = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  return std::max_element(sequences.begin(), sequences.end(), shorter)->size();
}

// -> [batch, padded] int64
at::Tensor padded_ids(Sequences sequences, std::int64_t padded, std::int32_t pad_id) {
  const auto size = static_cast<std::int64_t>(sequences.size());
  at::Tensor ids = at::full({size, padded}, pad_id, at::kLong);
  std::int64_t* row = ids.data_ptr<std::int64_t>();
  for (const auto& sequence : sequences) {
    std::copy(sequence.begin(), sequence.end(), row);
    row += padded;
  }
  return ids;
}

// -> [batch, 1, 1, padded] f32
at::Tensor padding_mask(const std::vector<std::int32_t>& lengths, std::int64_t padded) {
  at::Tensor mask = at::zeros({static_cast<std::int64_t>(lengths.size()), 1, 1, padded}, at::kFloat);
  float* row = mask.data_ptr<float>();
  for (const std::int32_t length : lengths) {
    std::fill(row + length, row + padded, -std::numeric_limits<float>::infinity());
    row += padded;
  }
  return mask;
}

}  // namespace

TokenBatch TokenBatch::pad(Sequences sequences, std::int32_t pad_id) {
  assert(!sequences.empty());
  const auto padded = static_cast<std::int64_t>(longest(sequences));
  TokenBatch batch;
  batch.ids = padded_ids(sequences, padded, pad_id);
  bool uneven = false;
  for (const auto& sequence : sequences) {
    assert(!sequence.empty());
    batch.lengths.push_back(static_cast<std::int32_t>(sequence.size()));
    uneven = uneven || batch.lengths.back() != padded;
  }
  if (uneven) batch.mask = padding_mask(batch.lengths, padded);
  return batch;
}

}  // namespace memo
