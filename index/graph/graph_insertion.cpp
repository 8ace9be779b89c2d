#include "index/graph/graph_insertion.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "index/graph/link_choice.h"

namespace memo {
namespace {

// Fewer other nodes than this do not show how far others are.
constexpr std::size_t kFewest = 8;

// Half a rounding step in each number, with 127 steps up to the largest: two features that were equal before
// rounding are about this far apart. Squared.
float rounding_of_s8(std::span<const float> feature) {
  float largest = 0;
  for (const float value : feature) largest = std::max(largest, std::abs(value));
  const float half_step = largest / 127 / 2;
  return half_step * half_step * static_cast<float>(feature.size());
}

class InsertionMaker {
 public:
  InsertionMaker(faiss::HNSW& links, const FeatureList& features, std::span<const float> feature,
                 const std::byte* code, WalkMemory& memory)
      : links_(links),
        memory_(memory),
        distances_(features, static_cast<int>(features.size()), code),
        walk_(links, features, feature.data(), memory),
        rounding_(features.shape().format == FeatureFormat::s8 ? rounding_of_s8(feature) : 0) {
    insertion_.node = static_cast<int>(features.size());
    insertion_.levels = links.random_level() + 1;
  }

  Insertion make() {
    if (links_.entry_point < 0) return std::move(insertion_);
    const int top = std::min(insertion_.levels - 1, links_.max_level);
    const auto build_effort = static_cast<std::size_t>(links_.efConstruction);
    NodeDistance start = walk_.descend_to(top);
    const AroundEntry around_entry = look_around_entry();
    float farthest = around_entry.farthest;
    for (int level = top; level >= 0; --level) {
      walk_.search_level(level, start, {.width = build_effort});
      start = memory_.beam[0];
      farthest = std::max(farthest, memory_.beam[memory_.beam.size() - 1].distance);
      if (level == 0 && is_like(start, around_entry.apart)) return share(start.node);
      if (level == 0 && are_alike(start.distance, farthest)) leave_upper_levels();
      link(level);
    }
    return std::move(insertion_);
  }

 private:
  // Squared distances of the entry point and its neighbours. All walks from afar begin there, so it has links to
  // features that lie apart, even if it is in a crowd itself.
  struct AroundEntry {
    float farthest = 0;
    float apart = 0;  // where it is in the new node's crowd: a quarter of the links lead at least this far; else 0
  };
  AroundEntry look_around_entry() {
    const float to_entry = distances_.between(insertion_.node, links_.entry_point);
    std::vector<float> distances{to_entry};
    for (const int node : links_of(links_, links_.entry_point, 0))
      if (node >= 0) distances.push_back(distances_.between(insertion_.node, node));
    std::ranges::sort(distances);
    const float apart = distances.size() >= kFewest ? distances[distances.size() * 3 / 4] : 0;
    return {distances.back(), are_alike(to_entry, apart) ? apart : 0};
  }

  // Whether others are so far away that the nearest node is as good as the new one itself, judged by at least half
  // of the nearest ones or by what lies apart from a crowd. A few very far nodes do not count, nor does a mere
  // handful.
  bool is_like(const NodeDistance& nearest, float apart) const {
    const std::size_t count = memory_.beam.size();
    const float median = count >= kFewest ? memory_.beam[(count - 1) / 2].distance : 0;
    const float away = std::max(median, apart);
    return nearest.distance < rounding_ || (std::isfinite(away) && are_alike(nearest.distance, away));
  }

  // A feature that is like an existing node, compared with all others around, becomes one more label of that node.
  // As nodes of its own, a crowd would fill lists and beams, and no search would get past it; the caller has the
  // features, and knows which of them is nearest.
  static Insertion share(int node) {
    Insertion insertion;
    insertion.node = node;
    return insertion;
  }

  // A feature that comes while there are few others to compare with becomes a node. It needs no place on the upper
  // levels, which lead from afar: many of its kind would be in the way there. The other node leads to it.
  void leave_upper_levels() {
    insertion_.lists.clear();
    insertion_.links.clear();
    insertion_.levels = 1;
  }

  // Links to the nodes in the beam, and back.
  void link(int level) {
    std::vector<NodeDistance> candidates;
    for (std::size_t rank = 0; rank < memory_.beam.size(); ++rank) candidates.push_back(memory_.beam[rank]);
    const auto chosen = choose_links(candidates, static_cast<std::size_t>(links_.nb_neighbors(level)), distances_);
    add_list(insertion_.node, level, chosen);
    for (const NodeDistance& neighbor : chosen) link_back(neighbor, level);
  }

  void link_back(const NodeDistance& from, int level) {
    const auto all = links_of(links_, from.node, level);
    const auto links = all.first(static_cast<std::size_t>(std::find(all.begin(), all.end(), -1) - all.begin()));
    if (links.size() < all.size()) {
      add_list(from.node, level, links);
      insertion_.links.push_back(insertion_.node);
      ++insertion_.lists.back().count;
      return;
    }
    std::vector<NodeDistance> candidates{{from.distance, insertion_.node}};
    for (const int node : links) candidates.push_back({distances_.between(from.node, node), node});
    std::ranges::stable_sort(candidates, {}, &NodeDistance::distance);
    add_list(from.node, level, choose_links(candidates, all.size(), distances_));
  }

  static int node_of(int node) { return node; }
  static int node_of(const NodeDistance& node) { return node.node; }

  template <typename Nodes>
  void add_list(int node, int level, const Nodes& nodes) {
    insertion_.lists.push_back({node, level, insertion_.links.size(), nodes.size()});
    for (const auto& linked : nodes) insertion_.links.push_back(node_of(linked));
  }

  faiss::HNSW& links_;
  WalkMemory& memory_;
  NodeDistances distances_;
  GraphWalk walk_;
  const float rounding_;  // squared distance between equal features that rounding alone makes
  Insertion insertion_;
};

}  // namespace

Insertion make_insertion(faiss::HNSW& links, const FeatureList& features, std::span<const float> feature,
                         const std::byte* code, WalkMemory& memory) {
  return InsertionMaker(links, features, feature, code, memory).make();
}

void apply_insertion(const Insertion& insertion, faiss::HNSW& links) {
  assert(links.levels.size() == static_cast<std::size_t>(insertion.node));
  links.levels.push_back(insertion.levels);
  links.prepare_level_tab(1, true);
  for (const Insertion::List& list : insertion.lists) {
    const auto place = links_of(links, list.node, list.level);
    auto* const to = links.neighbors.data() + (place.data() - links.neighbors.data());
    std::copy_n(insertion.links.begin() + static_cast<std::ptrdiff_t>(list.first), list.count, to);
    std::fill(to + list.count, to + place.size(), -1);
  }
  if (insertion.levels - 1 <= links.max_level) return;
  links.max_level = insertion.levels - 1;
  links.entry_point = insertion.node;
}

}  // namespace memo
