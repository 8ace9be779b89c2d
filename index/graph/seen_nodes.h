// SeenNodes: the nodes that a walk has met, each once, in that order; those at the end wait to be compared.
//
// A branch predictor cannot guess whether a node was seen, and a wrong guess throws away memory requests that the
// core has already made. So nothing here branches on it: every node is written to the end, and the end moves on if
// the node is new. One bit per node stays in a core's own cache up to some millions of nodes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace memo {

// Threads: one.
class SeenNodes {
 public:
  // Makes room for nodes below `nodes`. Requires: nothing is seen.
  void fit(std::size_t nodes) { marks_.resize((nodes + 63) / 64); }

  // Adds the new nodes of a list of links, which ends at the first negative one.
  void add(std::span<const int> links) {
    if (nodes_.size() < count_ + links.size()) nodes_.resize(2 * (count_ + links.size()));
    int* const nodes = nodes_.data();
    for (const int node : links) {
      if (node < 0) break;
      nodes[count_] = node;
      count_ += mark(static_cast<std::size_t>(node));
    }
  }

  // The next waiting nodes, at most `most`.
  std::span<const int> waiting(std::size_t most) const {
    return {nodes_.data() + compared_, std::min(most, count_ - compared_)};
  }
  std::size_t waiting_count() const { return count_ - compared_; }
  // `count` nodes wait no longer. Requires: count <= waiting_count().
  void have_compared(std::size_t count) { compared_ += count; }

  // The time depends on the nodes that were seen, not on all nodes.
  void clear() {
    for (std::size_t i = 0; i < count_; ++i) marks_[static_cast<std::size_t>(nodes_[i]) / 64] = 0;
    count_ = compared_ = 0;
  }

  std::size_t memory_bytes() const {
    return marks_.capacity() * sizeof(std::uint64_t) + nodes_.capacity() * sizeof(int);
  }

 private:
  // True when it was not marked.
  bool mark(std::size_t node) {
    std::uint64_t& word = marks_[node / 64];
    const std::uint64_t bit = std::uint64_t{1} << (node % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }

  std::vector<std::uint64_t> marks_;
  std::vector<int> nodes_;  // [count_], the rest is room
  std::size_t count_ = 0;
  std::size_t compared_ = 0;
};

}  // namespace memo
