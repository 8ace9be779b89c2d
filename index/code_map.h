// CodeMap: which node of a graph has a given code, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "index/compact_map.h"
#include "index/feature_list.h"

namespace memo {

// Holds nodes only: the list has their codes. 11 bytes a node.
// Threads: const methods side by side; the others alone.
class CodeMap {
 public:
  // Lifetime: the list outlives this. `seed` keeps clients, who choose the features, from choosing codes that collide.
  CodeMap(const FeatureList& features, std::uint64_t seed) : features_(features), seed_(seed) {}

  // Shapes: code [features.shape().bytes()].
  std::optional<std::size_t> find(const std::byte* code) const {
    const std::size_t bytes = features_.shape().bytes();
    return nodes_.find(hash(code),
                       [&](std::uint64_t node) { return std::memcmp(features_.code(node), code, bytes) == 0; });
  }
  // Requires: the list has the node. Of nodes with the same code the first one is kept.
  void insert(std::size_t node) {
    const std::byte* const code = features_.code(node);
    if (!find(code)) nodes_.insert(hash(code), node);
  }

  std::size_t memory_bytes() const { return nodes_.memory_bytes(); }

 private:
  // Eight bytes at a time: some hundred nanoseconds, where linking a node takes half a millisecond.
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
