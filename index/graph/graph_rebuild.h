// GraphRebuild: copies the live labels of a graph and their features into a new one while the old one is used and
// changes.
//
// A step is choose(), then copy(). The new graph lags behind only by the removals since the last choose(), so the
// time to put it in place does not depend on its size.
//
// Why the result is right, given that one thread makes the steps and all additions to the old graph:
// - The cursor goes through the nodes' own places, then through the further ones (index/graph/node_labels.h).
//   Meanwhile labels are added only at fresh places: with a new node, or at a new further place. Both have numbers
//   beyond the cursor, so choose() reaches every label that is ever added to the old graph, once.
// - A label that is removed before choose() reaches its place is not copied. The removal of a later one is noted
//   after choose() has taken the earlier notes, so the next choose() or finish() takes that note, when the label
//   has been copied.
// - A removed label may come back at a later place of the old graph. Its removal was noted before it came back, so
//   it is applied before the label is copied from there: a note needs only the label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "index/graph/feature_graph.h"

namespace memo {

// Threads: as each method says. "Alone" and "shared" mean how the owner has locked the old graph's removals.
class GraphRebuild {
 public:
  // Requires: the options are those of the old graph; while this exists, labels are added to the old graph only at
  // fresh places.
  explicit GraphRebuild(const VectorIndexOptions& options);

  // Notes that a label was removed from the old graph. Any thread, alone.
  void note_removal(std::uint64_t label) { noted_.push_back(label); }

  // Takes the notes and the next few live labels. The rebuilding thread, shared.
  void choose(const FeatureGraph& old);

  // Brings the new graph up to date with what choose() saw. The rebuilding thread, without a lock: the old graph's
  // features are changed by that thread only, and nobody else knows the new graph. A label whose code the new
  // graph has costs next to nothing.
  void copy(const FeatureGraph& old);

  // Whether choose() has seen every place. The rebuilding thread.
  bool is_complete(const FeatureGraph& old) const {
    return next_node_ == old.size() && next_further_ == old.labels().further_places();
  }

  // The new graph; it has the same live labels as the old one. The rebuilding thread, alone.
  // Requires: is_complete(), and copy() since the last choose(). Takes as long as the removals since then.
  std::unique_ptr<FeatureGraph> finish();

 private:
  void choose_next(const NodeLabels& labels, std::size_t nodes);
  void forget(const std::vector<std::uint64_t>& labels);

  // Under the owner's lock:
  std::vector<std::uint64_t> noted_;

  // Of the rebuilding thread:
  std::unique_ptr<FeatureGraph> fresh_;
  // The cursor: the first of the old graph's own and of its further places that choose() has not seen.
  std::size_t next_node_ = 0;
  std::size_t next_further_ = 0;
  std::vector<LabelAtNode> chosen_;
  std::vector<std::uint64_t> gone_;  // notes that choose() took
};

}  // namespace memo
