// NearestList: the k closest of everything offered, in order, in the caller's memory.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "index/features/neighbor.h"

namespace memo {

// Distances may be of any kind that orders as L2 does. They must be squared L2 if finish() is called.
// Threads: one.
class NearestList {
 public:
  explicit NearestList(std::span<Neighbor> entries) : entries_(entries) {}

  // The distance that an offer must be below.
  float bound() const { return full() ? entries_[size_ - 1].distance : std::numeric_limits<float>::infinity(); }
  bool would_take(float distance) const { return !entries_.empty() && distance < bound(); }
  std::size_t capacity() const { return entries_.size(); }
  std::size_t size() const { return size_; }
  bool full() const { return size_ == entries_.size(); }

  void offer(std::uint64_t label, float distance) {
    if (!would_take(distance)) return;
    std::size_t place = full() ? size_ - 1 : size_++;
    for (; place > 0 && entries_[place - 1].distance > distance; --place) entries_[place] = entries_[place - 1];
    entries_[place] = {label, distance};
  }

  // Turns squared distances into L2; returns how many entries there are.
  std::size_t finish() {
    for (Neighbor& entry : entries_.first(size_)) entry.distance = std::sqrt(entry.distance);
    return size_;
  }

 private:
  std::span<Neighbor> entries_;
  std::size_t size_ = 0;
};

}  // namespace memo
