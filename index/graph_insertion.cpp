#include "index/graph_insertion.h"

#include <algorithm>
#include <cassert>

#include "index/link_choice.h"

namespace memo {
namespace {

class InsertionMaker {
 public:
  InsertionMaker(faiss::HNSW& links, const FeatureList& features, std::span<const float> feature,
                 const std::byte* code, WalkMemory& memory)
      : links_(links),
        memory_(memory),
        distances_(features, static_cast<int>(features.size()), code),
        walk_(links, features, feature.data(), memory) {
    insertion_.node = static_cast<int>(features.size());
    insertion_.levels = links.random_level() + 1;
  }

  Insertion make() {
    if (links_.entry_point < 0) return std::move(insertion_);
    const int top = std::min(insertion_.levels - 1, links_.max_level);
    const auto build_effort = static_cast<std::size_t>(links_.efConstruction);
    NodeDistance start = walk_.descend_to(top);
    float farthest = farthest_around_entry();
    for (int level = top; level >= 0; --level) {
      walk_.search_level(level, start, {.width = build_effort});
      start = memory_.beam[0];
      farthest = std::max(farthest, memory_.beam[memory_.beam.size() - 1].distance);
      if (level == 0 && are_alike(start.distance, farthest)) leave_upper_levels();
      link(level);
    }
    return std::move(insertion_);
  }

 private:
  // All walks that come from afar begin there. So it is linked to what lies apart, even if it is one of a crowd itself.
  float farthest_around_entry() {
    float farthest = distances_.between(insertion_.node, links_.entry_point);
    for (const int node : links_of(links_, links_.entry_point, 0)) {
      if (node < 0) break;
      farthest = std::max(farthest, distances_.between(insertion_.node, node));
    }
    return farthest;
  }

  // What is like another node needs no place on the upper levels, which lead from afar: many of its kind would be in the
  // way there. The other one leads to it.
  void leave_upper_levels() {
    insertion_.lists.clear();
    insertion_.links.clear();
    insertion_.levels = 1;
  }

  // To what the beam holds, and back.
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
