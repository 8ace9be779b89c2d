// TokenSequence: one input of the engine.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

namespace memo {

// Token ids, and the type of each where they differ: of a pair's second text they are 1.
// Lifetime: both outlive this.
struct TokenSequence {
  TokenSequence() = default;
  // Ids of type 0, from any row of ids.
  template <typename Ids>
  requires std::convertible_to<const Ids&, std::span<const std::int32_t>> TokenSequence(const Ids& row)
      : ids(row) {}
  TokenSequence(std::span<const std::int32_t> row, std::span<const std::int32_t> kinds) : ids(row), types(kinds) {}

  std::size_t size() const { return ids.size(); }
  // `count` tokens from `first` on.
  TokenSequence part(std::size_t first, std::size_t count) const {
    return {ids.subspan(first, count), types.empty() ? types : types.subspan(first, count)};
  }

  std::span<const std::int32_t> ids;
  std::span<const std::int32_t> types;  // as many; empty: all are 0
};

// A batch, without padding. Requires: no sequence is empty or longer than config.max_positions, every id is below
// config.vocabulary, and every type below config.token_types where the model has any.
using TokenSequences = std::span<const TokenSequence>;

}  // namespace memo
