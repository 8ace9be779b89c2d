#include "index/graph_walk.h"

#include <algorithm>

namespace memo {
namespace {

constexpr std::size_t kCacheLine = 64;
// Features that are asked for ahead of the four being compared: as much as a core can have under way.
constexpr std::size_t kAhead = 8;

void prefetch(const void* begin, std::size_t bytes) {
  const char* const from = static_cast<const char*>(begin);
  for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(from + at);
  // What does not begin at a line may end in one more.
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
  memory_.marks.fit(features.size());
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
    if (distance < nearest.distance) nearest = {distance, neighbor};
  }
  return nearest;
}

void GraphWalk::search_level(int level, NodeDistance start, std::size_t width) {
  memory_.beam.reset(width);
  memory_.marks.mark(start.node);
  memory_.beam.offer(start);
  while (const auto node = memory_.beam.take_next()) go_on_from(*node, level);
  memory_.marks.clear();
}

void GraphWalk::go_on_from(int node, int level) {
  std::vector<int>& unseen = memory_.unseen;
  unseen.clear();
  for (const int neighbor : links_of(links_, node, level)) {
    if (neighbor < 0) break;
    if (!memory_.marks.mark(neighbor)) continue;
    if (unseen.size() < kAhead) prefetch_code(neighbor);
    unseen.push_back(neighbor);
  }
  // Unless a nearer one turns up, the walk goes there next.
  if (const auto next = memory_.beam.peek()) prefetch_links(*next, level);
  for (std::size_t i = 0; i < unseen.size(); i += 4) {
    for (std::size_t ahead = i + kAhead; ahead < std::min(i + kAhead + 4, unseen.size()); ++ahead)
      prefetch_code(unseen[ahead]);
    const std::size_t count = std::min<std::size_t>(4, unseen.size() - i);
    // Of fewer than four the last one fills up.
    std::array<const std::byte*, 4> codes;
    for (std::size_t n = 0; n < 4; ++n) codes[n] = code(unseen[i + std::min(n, count - 1)]);
    std::array<float, 4> distances;
    kernels_.four(query_, codes.data(), dimension_, distances.data());
    for (std::size_t n = 0; n < count; ++n) offer(unseen[i + n], distances[n], level);
  }
}

void GraphWalk::offer(int node, float distance, int level) {
  if (memory_.beam.offer({distance, node})) prefetch_links(node, level);
}

}  // namespace memo
