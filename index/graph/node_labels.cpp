#include "index/graph/node_labels.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace memo {

NodeLabels::NodeLabels(FeatureList& features, std::vector<bool> removed)
    : features_(features), own_removed_(std::move(removed)), has_further_(own_removed_.size()) {
  assert(own_removed_.size() == features_.size());
  for (std::size_t node = 0; node < own_removed_.size(); ++node)
    if (own_removed_[node])
      ++bare_;
    else
      places_.insert(features_.label(node), node);
}

void NodeLabels::append() {
  own_removed_.push_back(false);
  has_further_.push_back(false);
  assert(own_removed_.size() == features_.size());
  places_.insert(features_.label(features_.size() - 1), features_.size() - 1);
}

void NodeLabels::add(std::uint64_t label, std::size_t node, Places places) {
  assert(!contains(label));
  bare_ -= is_bare(node);
  if (own_removed_[node] && places == Places::any) {
    features_.set_label(node, label);
    own_removed_[node] = false;
    places_.insert(label, node);
    return;
  }
  const std::uint32_t number = take_place(places);
  further_[number].label = label;
  chain(number, node);
  places_.insert(label, kFurther + number);
}

bool NodeLabels::remove(std::uint64_t label) {
  const auto place = places_.find(label);
  if (!place) return false;
  places_.erase(label);
  std::size_t node = *place;
  if (*place < kFurther) {
    own_removed_[node] = true;
  } else {
    const auto number = static_cast<std::uint32_t>(*place - kFurther);
    node = further_[number].node;
    unchain(number);
  }
  bare_ += is_bare(node);
  return true;
}

// The number of a further place without a label.
std::uint32_t NodeLabels::take_place(Places places) {
  if (places == Places::any && reusable_ != kNone) return std::exchange(reusable_, further_[reusable_].next);
  assert(further_.size() < kFurther - 1);
  further_.emplace_back();
  return static_cast<std::uint32_t>(further_.size() - 1);
}

std::uint32_t NodeLabels::head(std::size_t node) const {
  return static_cast<std::uint32_t>(*heads_.find(spread_bits(node), is_head_of(node)));
}

void NodeLabels::chain(std::uint32_t number, std::size_t node) {
  FurtherPlace& place = further_[number];
  place.before = place.next = kNone;
  place.removed = false;
  if (has_further_[node]) {
    place.next = head(node);
    further_[place.next].before = number;
    heads_.replace(spread_bits(node), is_head_of(node), number);
  } else {
    heads_.insert(spread_bits(node), number);
    has_further_[node] = true;
  }
  // This comes last: the map compares the nodes of heads.
  place.node = static_cast<std::uint32_t>(node);
}

void NodeLabels::unchain(std::uint32_t number) {
  FurtherPlace& place = further_[number];
  const std::uint32_t node = place.node;
  if (place.next != kNone) further_[place.next].before = place.before;
  if (place.before != kNone) {
    further_[place.before].next = place.next;
  } else if (place.next != kNone) {
    heads_.replace(spread_bits(node), is_head_of(node), place.next);
  } else {
    heads_.erase(spread_bits(node), is_head_of(node));
    has_further_[node] = false;
  }
  place.removed = true;
  place.next = std::exchange(reusable_, number);
}

void NodeLabels::offer(std::size_t node, float distance, NearestList& nearest) const {
  if (!own_removed_[node]) nearest.offer(features_.label(node), distance);
  if (!has_further_[node]) return;
  // The places are scattered over the memory, so this visits no more than are taken.
  for (std::uint32_t at = head(node); at != kNone && nearest.would_take(distance); at = further_[at].next)
    nearest.offer(further_[at].label, distance);
}

std::size_t NodeLabels::count(std::size_t node, std::size_t most) const {
  std::size_t count = !own_removed_[node];
  if (!has_further_[node]) return std::min(count, most);
  for (std::uint32_t at = head(node); at != kNone && count < most; at = further_[at].next) ++count;
  return count;
}

std::size_t NodeLabels::memory_bytes() const {
  return (own_removed_.capacity() + has_further_.capacity()) / 8 + further_.size() * sizeof(FurtherPlace) +
         heads_.memory_bytes() + places_.memory_bytes();
}

}  // namespace memo
