// Which of the nodes around a node it links to.
//
// A neighbour is chosen unless one that was chosen before is nearer to it than the node is: that one leads there. This
// alone fails where features crowd. A node in the midst of others is nearer to each of them than they are to one
// another: each would link to it alone, and it has not as many places. So a list that comes out short is filled up with
// the nearest that were left out; but with few that are alike, a thousand times nearer to one another than to the node,
// as a crowd of those would take all places and lead to one place only.
//
// Most of such a crowd is one node (index/graph_insertion.h); what came before anything else did are nodes. Seen from
// one of these all else comes after the crowd, and which of it is nearest is left to rounding.
// So what lies a thousand times farther is chosen by itself, and has half of the list for it.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithm 4; the filling is its keepPrunedConnections, in part.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "index/beam.h"
#include "index/feature_list.h"
#include "index/l2.h"

namespace memo {

// Whether two nodes are alike to whoever is so far `away` from one of them. Squared distances.
inline bool are_alike(float distance, float away) {
  constexpr float kThousandth = 0x1p-20f;
  return distance < away * kThousandth;
}

// Squared distances between nodes of a graph, one of which is only about to be added. Threads: one.
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
