// Graph images, and stamps for them.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {

using Bytes = std::vector<std::byte>;

// Its labels are saved from the first maintain() on.
inline VectorIndexOptions all_in_graph(FeatureFormat format = FeatureFormat::f32) {
  return {.dimension = kDimension, .features = format, .flat_limit = 0, .graph_neighbors = 8};
}

// Stamps that never change.
inline std::uint64_t first_stamp(std::uint64_t label) {
  return 1000 + label;
}
inline bool has_first_stamp(std::uint64_t label, std::uint64_t stamp) {
  return stamp == first_stamp(label);
}

inline Bytes saved(const VectorIndex& index, const StampOf& stamp_of = first_stamp) {
  Bytes bytes;
  EXPECT_TRUE(index.save(stamp_of, [&](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  }));
  return bytes;
}

}  // namespace memo::test
