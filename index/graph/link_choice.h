// Chooses which of the nodes around a node it links to.
//
// A neighbour is chosen unless one that was chosen before is nearer to it than the node is: that one leads there.
// This rule alone fails where features crowd. A node in the midst of others is nearer to each of them than they
// are to one another: each would link to that node alone, and it has not as many places. So a short list is filled
// up with the nearest nodes that were left out. Only few of these may be alike (a thousand times nearer to one
// another than to the node): a crowd of them would take all places and lead to one place only.
//
// Most of such a crowd is one node (index/graph/graph_insertion.h); features that came before any other are nodes
// of their own. Seen from one of these, everything else comes after the crowd, and rounding decides which of it is
// nearest. So nodes that lie a thousand times farther are chosen separately, and have half of the list.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithm 4; the filling is its keepPrunedConnections, in part.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "index/distance/l2.h"
#include "index/features/feature_list.h"
#include "index/graph/beam.h"

namespace memo {

// Whether two nodes are alike for a node at the distance `away` from one of them. Squared distances.
inline bool are_alike(float distance, float away) {
  constexpr float kThousandth = 0x1p-20f;
  return distance < away * kThousandth;
}

// Squared distances between nodes of a graph; one of them is not added yet. Threads: one.
class NodeDistances {
 public:
  // Lifetime: list and code outlive this. Shapes: new_code [features.shape().bytes()].
  NodeDistances(const FeatureList& features, int new_node, const std::byte* new_code);

  // Fastest while `from` stays the same.
  float between(int from, int to) { return kernels_.one(floats(from), code(to), decoded_.size()); }

 private:
  const std::byte* code(int node) const {
    return node == new_node_ ? new_code_ : features_.code(static_cast<std::size_t>(node));
  }
  const float* floats(int node);

  const FeatureList& features_;
  const L2Kernels& kernels_;
  const int new_node_;
  const std::byte* const new_code_;
  std::vector<float> decoded_;
  int decoded_node_ = -1;
};

// All candidates when there is room for more; else at most `most`. Requires: nearest to the node first.
std::vector<NodeDistance> choose_links(std::span<const NodeDistance> candidates, std::size_t most,
                                       NodeDistances& distances);

}  // namespace memo
