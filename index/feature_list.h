// FeatureList: labelled features by position, in chunks, so that growing never copies what is there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/l2.h"
#include "index/nearest_list.h"

namespace memo {

// Threads: const methods side by side; the others alone.
class FeatureList {
 public:
  explicit FeatureList(std::size_t dimension) : dimension_(dimension) {}

  std::size_t size() const { return size_; }
  std::uint64_t label(std::size_t position) const { return chunk(position).labels[position % kChunk]; }
  const float* feature(std::size_t position) const {
    return chunk(position).features.get() + position % kChunk * dimension_;
  }

  // What lies in one piece from `position` on. Shapes: labels [count], features [count, dimension].
  // Requires: position < size().
  std::span<const std::uint64_t> label_run(std::size_t position) const {
    return {&chunk(position).labels[position % kChunk], run_length(position)};
  }
  std::span<const float> feature_run(std::size_t position) const {
    return {feature(position), run_length(position) * dimension_};
  }

  // Shapes: feature [dimension]. Its position is size() - 1 afterwards.
  void append(std::uint64_t label, std::span<const float> feature);
  // Moves the last feature to `position` and forgets the one that was there.
  void replace_by_last(std::size_t position);

  // Offers every feature.
  void search(const float* query, L2Squared l2_squared, NearestList& nearest) const;

 private:
  static constexpr std::size_t kChunk = 1024;
  struct Chunk {
    std::unique_ptr<std::uint64_t[]> labels;  // [kChunk]
    std::unique_ptr<float[]> features;        // [kChunk, dimension]
  };
  const Chunk& chunk(std::size_t position) const { return chunks_[position / kChunk]; }
  std::size_t run_length(std::size_t position) const {
    return std::min(kChunk - position % kChunk, size_ - position);
  }
  void put(std::size_t position, std::uint64_t label, const float* feature);

  std::size_t dimension_;
  std::vector<Chunk> chunks_;
  std::size_t size_ = 0;
};

}  // namespace memo
