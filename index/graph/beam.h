// Beam: the nearest nodes that a walk has seen, in order, and which of them it has expanded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace memo {

// A node of a graph and its squared distance to a query.
struct NodeDistance {
  float distance = 0;
  int node = -1;
};

// Threads: one.
class Beam {
 public:
  // Empties the beam. taken_in_vain() refers to the `best` nearest nodes; a crowd of equally far ones counts as
  // two or three of them. Of such a crowd the beam keeps at least `alike` nodes, and less than twice as many: more
  // would fill it. Requires: 0 < width, 0 < alike.
  void reset(std::size_t width, std::size_t best, std::size_t alike = SIZE_MAX) {
    width_ = width;
    best_ = best;
    alike_ = alike;
    next_ = 0;
    taken_in_vain_ = in_crowds_ = 0;
    entries_.clear();
    entries_.reserve(width);
  }

  // While there is room, any distance is taken, even an infinite one.
  bool would_take(float distance) const { return entries_.size() < width_ || distance < entries_.back().distance; }

  // Takes a node that was not offered before. -> whether the walk would expand it next.
  bool offer(NodeDistance candidate) {
    if (!would_take(candidate.distance)) return false;
    const std::size_t position = not_farther_than(candidate.distance);
    if (is_in_a_crowd(position, candidate.distance)) {
      if (has_enough_as_far(position, candidate.distance)) return false;
      ++in_crowds_;
    }
    if (entries_.size() == width_) entries_.pop_back();
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(position),
                    Entry{candidate.distance, candidate.node, false});
    if (position < best_ + in_crowds_) taken_in_vain_ = 0;
    if (position > next_) return false;
    next_ = position;
    return true;
  }

  // The nearest node that the walk has not expanded; nothing when there is none.
  std::optional<int> peek() const {
    if (next_ == entries_.size()) return std::nullopt;
    return static_cast<int>(entries_[next_].node);
  }
  std::optional<int> take_next() {
    const auto node = peek();
    if (!node) return node;
    ++taken_in_vain_;
    entries_[next_].expanded = true;
    while (next_ < entries_.size() && entries_[next_].expanded) ++next_;
    return node;
  }

  // How many nodes were taken since the last one that joined the best.
  std::size_t taken_in_vain() const { return taken_in_vain_; }

  std::size_t size() const { return entries_.size(); }
  NodeDistance operator[](std::size_t rank) const {
    return {entries_[rank].distance, static_cast<int>(entries_[rank].node)};
  }

 private:
  struct Entry {
    float distance;
    std::uint32_t node : 31;
    std::uint32_t expanded : 1;
    Entry(float in_distance, int in_node, bool in_expanded)
        : distance(in_distance), node(static_cast<std::uint32_t>(in_node) & 0x7fffffff), expanded(in_expanded) {}
  };
  static_assert(sizeof(Entry) == 8);

  // Halves the rest a fixed number of times, without a branch on what it finds: the branch predictor would be
  // wrong about std::upper_bound's every other time.
  std::size_t not_farther_than(float distance) const {
    const Entry* first = entries_.data();
    std::size_t left = entries_.size();
    while (left > 0) {
      const std::size_t half = (left + 1) / 2;
      first += distance < first[half - 1].distance ? 0 : half;
      left -= half;
    }
    return static_cast<std::size_t>(first - entries_.data());
  }

  // Whether the two are nearly equally far: the tolerance is a little more than rounding makes unsure. Infinite
  // distances are never equal. Requires: near <= far.
  static bool are_as_far(float near, float far) {
    constexpr float kAsFar = 1 - 0x1p-14f;
    return near >= far * kAsFar && far < std::numeric_limits<float>::infinity();
  }
  // Whether two nodes just before the position, or just behind it, are equally far. A single one often is by
  // chance.
  bool is_in_a_crowd(std::size_t position, float distance) const {
    return (position > 1 && are_as_far(entries_[position - 2].distance, distance)) ||
           (position + 1 < entries_.size() && are_as_far(distance, entries_[position + 1].distance));
  }
  // Whether `alike_` nodes just before the position, or just behind it, are equally far: at most twice as many are
  // kept.
  bool has_enough_as_far(std::size_t position, float distance) const {
    if (position >= alike_ && are_as_far(entries_[position - alike_].distance, distance)) return true;
    const std::size_t behind = entries_.size() - position;
    return behind >= alike_ && are_as_far(distance, entries_[position + alike_ - 1].distance);
  }

  std::vector<Entry> entries_;  // nearest first
  std::size_t width_ = 0;
  std::size_t best_ = 0;
  std::size_t alike_ = SIZE_MAX;
  std::size_t in_crowds_ = 0;  // nodes that came when two equally far ones were there
  std::size_t next_ = 0;       // the first that is not expanded
  std::size_t taken_in_vain_ = 0;
};

}  // namespace memo
