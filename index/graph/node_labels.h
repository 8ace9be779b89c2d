// NodeLabels: which labels stand at each node of a graph.
//
// Features repeat: those with the same code are one node with any number of labels. A label stands at a place. A
// node has a place of its own, whose label lies beside its feature; the others have further places, which are
// chained by node. So a node with one label takes no extra memory.
//
//   place      own of node n: n          further, number f: kFurther + f
//   chain      heads_ finds the first further place of a node, each place names the next and the one before
//
// A place that is given up may be reused. A walk over all places would then miss a label that comes to a place it
// has passed; so there is Places::fresh.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "index/features/compact_map.h"
#include "index/features/feature_list.h"
#include "index/features/label_map.h"
#include "index/features/nearest_list.h"

namespace memo {

// Where a label may be put: also at a place that another label had, or only where none ever was.
enum class Places { any, fresh };

// A label, and the node that it stands for.
struct LabelAtNode {
  std::uint64_t label = 0;
  std::uint32_t node = 0;
};

// Threads: const methods may run side by side; the others run alone. But own_label() and further() read only what
// add() and append() change, so they may run beside remove().
class NodeLabels {
 public:
  // Lifetime: the list outlives this; it has the nodes' codes and own labels. Own places that are not `removed`
  // have live labels. Shapes: removed [nodes].
  NodeLabels(FeatureList& features, std::vector<bool> removed);
  NodeLabels(const NodeLabels&) = delete;
  NodeLabels& operator=(const NodeLabels&) = delete;

  std::size_t size() const { return places_.size(); }  // live labels
  std::size_t bare_nodes() const { return bare_; }     // without a live label
  bool contains(std::uint64_t label) const { return places_.contains(label); }
  bool is_bare(std::size_t node) const { return own_removed_[node] && !has_further_[node]; }

  // The node that was appended to the list has its own label. Takes amortized O(1).
  void append();
  // One more label for a node, in O(1). Requires: !contains(label).
  void add(std::uint64_t label, std::size_t node, Places places);
  // False when it is not there. O(1).
  bool remove(std::uint64_t label);

  // Offers the live labels of a node, at most as many as the list takes.
  void offer(std::size_t node, float distance, NearestList& nearest) const;
  // How many live labels the node has; counts up to `most`. Takes O(most).
  std::size_t count(std::size_t node, std::size_t most) const;

  // All places, by number. A removed place still has its last label.
  std::uint64_t own_label(std::size_t node) const { return features_.label(node); }
  bool is_own_removed(std::size_t node) const { return own_removed_[node]; }
  std::size_t further_places() const { return further_.size(); }
  LabelAtNode further(std::size_t number) const { return {further_[number].label, further_[number].node}; }
  bool is_further_removed(std::size_t number) const { return further_[number].removed; }

  // For the label map.
  std::uint64_t label(std::size_t place) const {
    return place < kFurther ? features_.label(place) : further_[place - kFurther].label;
  }

  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kFurther = std::size_t{1} << 31;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct FurtherPlace {
    std::uint64_t label;
    std::uint32_t node;
    std::uint32_t next;    // of the chain, or of the places that may be used again
    std::uint32_t before;  // kNone: it is the head
    bool removed;
  };

  auto is_head_of(std::size_t node) const {
    return [this, node](std::uint64_t number) { return further_[number].node == node; };
  }
  std::uint32_t head(std::size_t node) const;
  std::uint32_t take_place(Places places);
  void chain(std::uint32_t number, std::size_t node);
  void unchain(std::uint32_t number);

  FeatureList& features_;
  std::vector<bool> own_removed_;     // by node
  std::vector<bool> has_further_;     // by node
  std::deque<FurtherPlace> further_;  // in small blocks: growing copies nothing
  std::uint32_t reusable_ = kNone;    // the first of the further places without a label
  std::size_t bare_ = 0;
  CompactMap<32> heads_;                // by node, of those that have further places
  LabelMap<NodeLabels> places_{*this};  // of live labels
};

}  // namespace memo
