// CodeMap: which node of a graph has a given code, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "index/features/compact_map.h"
#include "index/features/feature_list.h"

namespace memo {

// It holds only nodes: the list has their codes. 11 bytes per node.
// Threads: const methods may run side by side; the others run alone.
class CodeMap {
 public:
  // Lifetime: the list outlives this. `seed` keeps clients, who choose the features, from choosing codes that
  // collide.
  CodeMap(const FeatureList& features, std::uint64_t seed) : features_(features), seed_(seed) {}

  // Shapes: code [features.shape().bytes()].
  std::optional<std::size_t> find(const std::byte* code) const {
    const std::size_t bytes = features_.shape().bytes();
    return nodes_.find(hash(code),
                       [&](std::uint64_t node) { return std::memcmp(features_.code(node), code, bytes) == 0; });
  }
  // Requires: the list has the node. Keeps the first of several nodes with the same code.
  void insert(std::size_t node) {
    const std::byte* const code = features_.code(node);
    if (!find(code)) nodes_.insert(hash(code), node);
  }

  std::size_t memory_bytes() const { return nodes_.memory_bytes(); }

 private:
  // Hashes eight bytes at a time. This takes some hundred nanoseconds; linking a node takes half a millisecond.
  std::uint64_t hash(const std::byte* code) const {
    std::uint64_t hash = seed_;
    for (std::size_t left = features_.shape().bytes(); left > 0;) {
      std::uint64_t word = 0;
      const std::size_t taken = left < sizeof(word) ? left : sizeof(word);
      std::memcpy(&word, code, taken);
      hash = spread_bits(hash ^ word) + seed_;
      code += taken;
      left -= taken;
    }
    return spread_bits(hash);
  }

  const FeatureList& features_;
  const std::uint64_t seed_;
  CompactMap<32> nodes_;
};

}  // namespace memo
