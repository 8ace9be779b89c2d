#include "index/graph/graph_rebuild.h"

#include <cassert>

namespace memo {
namespace {

// Per step. The index moves up to 4 features from its tail to the old graph between two steps; the cursor arrives
// only because a step copies more than that.
constexpr std::size_t kCopied = 8;
constexpr std::size_t kLookedAt = 1024;

}  // namespace

GraphRebuild::GraphRebuild(const VectorIndexOptions& options) : fresh_(std::make_unique<FeatureGraph>(options)) {}

void GraphRebuild::choose(const FeatureGraph& old) {
  assert(gone_.empty() && chosen_.empty());
  gone_.swap(noted_);
  for (std::size_t looked = 0; looked < kLookedAt && chosen_.size() < kCopied && !is_complete(old); ++looked)
    choose_next(old.labels(), old.size());
}

void GraphRebuild::choose_next(const NodeLabels& labels, std::size_t nodes) {
  if (next_node_ < nodes) {
    if (!labels.is_own_removed(next_node_))
      chosen_.push_back({labels.own_label(next_node_), static_cast<std::uint32_t>(next_node_)});
    ++next_node_;
  } else {
    if (!labels.is_further_removed(next_further_)) chosen_.push_back(labels.further(next_further_));
    ++next_further_;
  }
}

void GraphRebuild::copy(const FeatureGraph& old) {
  forget(gone_);
  gone_.clear();
  FeatureGraph::Room room = fresh_->make_room(chosen_.size());
  fresh_->use_room(room);
  for (const LabelAtNode& chosen : chosen_) fresh_->add(chosen.label, old.features().code(chosen.node));
  chosen_.clear();
}

std::unique_ptr<FeatureGraph> GraphRebuild::finish() {
  assert(chosen_.empty());
  forget(noted_);
  return std::move(fresh_);
}

void GraphRebuild::forget(const std::vector<std::uint64_t>& labels) {
  // Not every label is there: the cursor may not have reached its place, or may have reached it after its removal.
  for (const std::uint64_t label : labels) fresh_->remove(label);
}

}  // namespace memo
