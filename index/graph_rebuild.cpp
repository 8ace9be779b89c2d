#include "index/graph_rebuild.h"

#include <cassert>

namespace memo {
namespace {

// Per step. The index moves up to 4 features from its tail to the old graph between two steps; copying more than
// that is what lets the cursor ever arrive.
constexpr std::size_t kCopied = 8;
constexpr std::size_t kLookedAt = 1024;

}  // namespace

GraphRebuild::GraphRebuild(const VectorIndexOptions& options) : fresh_(std::make_unique<FeatureGraph>(options)) {}

void GraphRebuild::choose(const FeatureGraph& old) {
  assert(gone_.empty() && chosen_.empty());
  gone_.swap(noted_);
  for (std::size_t looked = 0; looked < kLookedAt && chosen_.size() < kCopied && !is_complete(old); ++looked) {
    if (!old.is_removed(next_)) chosen_.push_back(next_);
    ++next_;
  }
}

void GraphRebuild::copy(const FeatureGraph& old) {
  forget(gone_);
  gone_.clear();
  FeatureGraph::Room room = fresh_->make_room(chosen_.size());
  fresh_->use_room(room);
  for (const std::size_t node : chosen_) fresh_->add(old.features().label(node), old.features().code(node));
  chosen_.clear();
}

std::unique_ptr<FeatureGraph> GraphRebuild::finish() {
  assert(chosen_.empty());
  forget(noted_);
  return std::move(fresh_);
}

void GraphRebuild::forget(const std::vector<std::uint64_t>& labels) {
  // Not every label is there: the cursor may not have come to its node, or come when it was removed.
  for (const std::uint64_t label : labels) fresh_->remove(label);
}

}  // namespace memo
