#include "index/graph/graph_walk.h"

#include <algorithm>

namespace memo {
namespace {

constexpr std::size_t kCacheLine = 64;
// How many nodes are compared at once.
constexpr std::size_t kTogether = 4;
// The walk expands another node when fewer than kFew wait, and prefetches the features of kAhead of those that
// wait.
constexpr std::size_t kFew = 8;
constexpr std::size_t kAhead = 16;
// Of equally far nodes a walk needs only as many as are asked for, or one in kOfAKind of those that it keeps: the
// others would be in the way of those behind them.
constexpr std::size_t kOfAKind = 16;
// A smaller difference may come from rounding only.
constexpr float kNearer = 1 - 0x1p-18f;

void prefetch(const void* begin, std::size_t bytes) {
  const char* const from = static_cast<const char*>(begin);
  for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(from + at);
  // A feature that does not begin at a cache line may end in one more.
  __builtin_prefetch(from + bytes - 1);
}

}  // namespace

GraphWalk::GraphWalk(const faiss::HNSW& links, const FeatureList& features, const float* query, WalkMemory& memory)
    : links_(links),
      features_(features),
      kernels_(l2_kernels_for_this_cpu(features.shape().format)),
      dimension_(features.shape().dimension),
      code_bytes_(features.shape().bytes()),
      query_(query),
      memory_(memory) {
  memory_.seen.fit(features.size());
}

void GraphWalk::prefetch_code(int node) const {
  prefetch(code(node), code_bytes_);
}

void GraphWalk::prefetch_links(int node, int level) const {
  prefetch(links_of(links_, node, level).data(), links_of(links_, node, level).size_bytes());
}

NodeDistance GraphWalk::descend_to(int level) const {
  NodeDistance nearest{0, links_.entry_point};
  nearest.distance = kernels_.one(query_, code(nearest.node), dimension_);
  for (int above = links_.max_level; above > level; --above) {
    for (NodeDistance next = nearer_neighbor(above, nearest); next.node != nearest.node;
         next = nearer_neighbor(above, nearest))
      nearest = next;
  }
  return nearest;
}

// The nearest of a node and its neighbours.
NodeDistance GraphWalk::nearer_neighbor(int level, NodeDistance from) const {
  NodeDistance nearest = from;
  const auto neighbors = links_of(links_, from.node, level);
  for (const int neighbor : neighbors) {
    if (neighbor < 0) break;
    prefetch_code(neighbor);
  }
  for (const int neighbor : neighbors) {
    if (neighbor < 0) break;
    const float distance = kernels_.one(query_, code(neighbor), dimension_);
    if (distance < nearest.distance * kNearer) nearest = {distance, neighbor};
  }
  return nearest;
}

bool GraphWalk::search_level(int level, NodeDistance start, const WalkEffort& effort) {
  memory_.beam.reset(effort.width, effort.best, std::max(effort.best, effort.width / kOfAKind + 1));
  memory_.seen.add({&start.node, 1});
  asked_for_ = 0;
  while (memory_.seen.waiting_count() > 0 && memory_.beam.taken_in_vain() < effort.patience) {
    compare_some(level);
    see_more(level);
  }
  const bool to_its_end = memory_.seen.waiting_count() == 0;
  memory_.seen.clear();
  return to_its_end;
}

void GraphWalk::see_more(int level) {
  while (memory_.seen.waiting_count() < kFew) {
    const auto node = memory_.beam.take_next();
    if (!node) return;
    memory_.seen.add(links_of(links_, *node, level));
    // Unless a nearer node turns up, the walk expands this one next.
    if (const auto next = memory_.beam.peek()) prefetch_links(*next, level);
  }
}

void GraphWalk::compare_some(int level) {
  const auto ahead = memory_.seen.waiting(kAhead);
  for (; asked_for_ < ahead.size(); ++asked_for_) prefetch_code(ahead[asked_for_]);
  const std::size_t count = std::min(kTogether, ahead.size());
  // Where there are fewer than four, the last one is repeated.
  std::array<const std::byte*, kTogether> codes;
  for (std::size_t n = 0; n < kTogether; ++n) codes[n] = code(ahead[std::min(n, count - 1)]);
  std::array<float, kTogether> distances;
  kernels_.four(query_, codes.data(), dimension_, distances.data());
  // All four are written, near or not, so that no branch can be mispredicted before all four are there.
  std::array<NodeDistance, kTogether> near;
  std::size_t near_count = 0;
  for (std::size_t n = 0; n < count; ++n) {
    near[near_count] = {distances[n], ahead[n]};
    near_count += memory_.beam.would_take(distances[n]);
  }
  memory_.seen.have_compared(count);
  asked_for_ -= count;
  for (const NodeDistance& node : std::span(near.data(), near_count))
    if (memory_.beam.offer(node)) prefetch_links(node.node, level);
}

}  // namespace memo
