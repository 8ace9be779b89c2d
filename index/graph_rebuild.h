// GraphRebuild: copies the live features of a graph into a new one while the old one is used and changes.
//
// A step is choose(), then copy(). The new graph never lags behind by more than the removals since the last
// choose(), so putting it in place takes no time that depends on its size.
//
// Why the result is right, given that one thread makes the steps and all additions to the old graph:
// - Every node that is ever added to the old graph gets a number beyond the cursor, so choose() comes to it.
// - A label that is removed before choose() comes to its node is not copied. One that is removed later was noted
//   after choose() had taken the earlier notes, so the next choose() or finish() takes it, when it has been copied.
// - A removed label may come back as a later node of the old graph. Its removal was noted before that node was
//   there, hence is applied before that node is copied: notes can go by label alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "index/feature_graph.h"

namespace memo {

// Threads: as each method says. "Alone" and "shared" mean how the owner has locked the old graph's removals.
class GraphRebuild {
 public:
  // Requires: options as those of the old graph.
  explicit GraphRebuild(const VectorIndexOptions& options);

  // A label was removed from the old graph. Any thread, alone.
  void note_removal(std::uint64_t label) { noted_.push_back(label); }

  // Takes the notes and the next few live nodes. The rebuilding thread, shared.
  void choose(const FeatureGraph& old);

  // Brings the new graph up to date with what choose() saw. The rebuilding thread, without a lock: the old graph's
  // features are changed by that thread only, and nobody else knows the new graph.
  void copy(const FeatureGraph& old);

  // Whether choose() has seen every node. The rebuilding thread.
  bool is_complete(const FeatureGraph& old) const { return next_ == old.size(); }

  // The new graph, equal to the old one in what is live. The rebuilding thread, alone.
  // Requires: is_complete(), and copy() since the last choose(). Takes the time of the removals since then.
  std::unique_ptr<FeatureGraph> finish();

 private:
  void forget(const std::vector<std::uint64_t>& labels);

  // Under the owner's lock:
  std::vector<std::uint64_t> noted_;

  // Of the rebuilding thread:
  std::unique_ptr<FeatureGraph> fresh_;
  std::size_t next_ = 0;  // the cursor: the first node of the old graph that choose() has not seen
  std::vector<std::size_t> chosen_;
  std::vector<std::uint64_t> gone_;  // notes that choose() took
};

}  // namespace memo
