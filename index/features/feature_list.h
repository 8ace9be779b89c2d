// FeatureList: labelled features by position, in blocks, so that growing never copies existing features.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/distance/feature_format.h"
#include "index/distance/l2.h"
#include "index/features/mapped_block.h"
#include "index/features/nearest_list.h"

namespace memo {

struct FeatureShape {
  std::size_t dimension = 0;
  FeatureFormat format = FeatureFormat::f32;
  std::size_t bytes() const { return feature_bytes(format, dimension); }
};

// Threads: const methods may run side by side; the others run alone.
class FeatureList {
 public:
  // A list that only grows has blocks of about a huge page. From the ninth on, each block is on a huge page from
  // the start, as a ninth of the list may be empty; an earlier block moves to one when it is full. A list that is
  // mostly short has small blocks.
  enum class Blocks { large, small };
  FeatureList(const FeatureShape& shape, Blocks blocks);

  const FeatureShape& shape() const { return shape_; }
  std::size_t size() const { return size_; }
  std::uint64_t label(std::size_t position) const { return labels_[position >> shift_][position & mask_]; }
  // Shapes: [shape().bytes()].
  const std::byte* code(std::size_t position) const {
    return codes_[position >> shift_] + (position & mask_) * code_bytes_;
  }

  // The features that lie in one piece from `position` on. Shapes: labels [count], codes [count, shape().bytes()].
  // Requires: position < size().
  std::span<const std::uint64_t> label_run(std::size_t position) const {
    return {&labels_[position >> shift_][position & mask_], run_length(position)};
  }
  std::span<const std::byte> code_run(std::size_t position) const {
    return {code(position), run_length(position) * code_bytes_};
  }

  // Its position is size() - 1 afterwards. Shapes: feature [dimension], code [shape().bytes()].
  void append(std::uint64_t label, std::span<const float> feature);
  void append_code(std::uint64_t label, const std::byte* code);
  void set_label(std::size_t position, std::uint64_t label) {
    labels_[position >> shift_][position & mask_] = label;
  }
  // Moves the last feature to `position` and forgets the one that was there. Gives memory back, but not in every
  // call.
  void replace_by_last(std::size_t position);

  // Offers every feature. Shapes: query [dimension].
  void search(const float* query, NearestList& nearest) const;

  // Bytes of the blocks that are in use.
  std::size_t memory_bytes() const;

 private:
  std::size_t run_length(std::size_t position) const {
    return std::min(mask_ + 1 - (position & mask_), size_ - position);
  }
  bool is_huge(std::size_t block) const { return kind_ == Blocks::large && block >= 8; }
  // Of the feature that is appended next.
  std::byte* next_place(std::uint64_t label);

  FeatureShape shape_;
  Blocks kind_;
  std::size_t code_bytes_;
  unsigned shift_;    // features in a block: 2^shift_
  std::size_t mask_;  // 2^shift_ - 1
  // By block: codes, then labels.
  std::vector<MappedBlock> blocks_;
  std::vector<std::byte*> codes_;
  std::vector<std::uint64_t*> labels_;
  std::size_t size_ = 0;
};

}  // namespace memo
