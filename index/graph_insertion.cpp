#include "index/graph_insertion.h"

#include <faiss/impl/DistanceComputer.h>

#include <algorithm>
#include <cassert>
#include <queue>

namespace memo {
namespace {

using Nearest = std::priority_queue<faiss::HNSW::NodeDistFarther>;

// Distances between nodes, the new one among them, as FAISS asks for them.
class NodeDistances : public faiss::DistanceComputer {
 public:
  NodeDistances(const FeatureList& features, int new_node, const std::byte* new_code)
      : features_(features),
        kernels_(l2_kernels_for_this_cpu(features.shape().format)),
        new_node_(new_node),
        new_code_(new_code),
        decoded_(features.shape().dimension) {}

  void set_query(const float*) override { assert(false); }
  float operator()(idx_t) override {
    assert(false);
    return 0;
  }
  // FAISS compares one node `b` with many `a` in turn.
  float symmetric_dis(idx_t a, idx_t b) override {
    return kernels_.one(floats(static_cast<int>(b)), code(static_cast<int>(a)), decoded_.size());
  }

 private:
  const std::byte* code(int node) const {
    return node == new_node_ ? new_code_ : features_.code(static_cast<std::size_t>(node));
  }
  const float* floats(int node) {
    if (features_.shape().format == FeatureFormat::f32) return reinterpret_cast<const float*>(code(node));
    if (node != decoded_node_) decode_feature(features_.shape().format, code(node), decoded_);
    decoded_node_ = node;
    return decoded_.data();
  }

  const FeatureList& features_;
  const L2Kernels& kernels_;
  const int new_node_;
  const std::byte* const new_code_;
  std::vector<float> decoded_;
  int decoded_node_ = -1;
};

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
    for (int level = top; level >= 0; --level) {
      walk_.search_level(level, start, {.width = build_effort});
      start = memory_.beam[0];
      link(level);
    }
    return std::move(insertion_);
  }

 private:
  // To what the beam holds, and back.
  void link(int level) {
    Nearest candidates;
    for (std::size_t i = 0; i < memory_.beam.size(); ++i)
      candidates.emplace(memory_.beam[i].distance, memory_.beam[i].node);
    const auto chosen = choose(std::move(candidates), links_.nb_neighbors(level));
    add_list(insertion_.node, level, chosen);
    for (const auto& neighbor : chosen) link_back(neighbor, level);
  }

  void link_back(const faiss::HNSW::NodeDistFarther& from, int level) {
    const auto all = links_of(links_, from.id, level);
    const auto links = all.first(static_cast<std::size_t>(std::find(all.begin(), all.end(), -1) - all.begin()));
    if (links.size() < all.size()) {
      add_list(from.id, level, links);
      insertion_.links.push_back(insertion_.node);
      ++insertion_.lists.back().count;
      return;
    }
    Nearest candidates;
    candidates.emplace(from.d, insertion_.node);
    for (const int node : links) candidates.emplace(distances_.symmetric_dis(node, from.id), node);
    add_list(from.id, level, choose(std::move(candidates), static_cast<int>(all.size())));
  }

  // All when there is room for more, as FAISS does; else the nearest that are not nearer to one another.
  std::vector<faiss::HNSW::NodeDistFarther> choose(Nearest candidates, int most) {
    std::vector<faiss::HNSW::NodeDistFarther> chosen;
    if (candidates.size() < static_cast<std::size_t>(most)) {
      for (; !candidates.empty(); candidates.pop()) chosen.push_back(candidates.top());
      return chosen;
    }
    faiss::HNSW::shrink_neighbor_list(distances_, candidates, chosen, most);
    return chosen;
  }

  static int node_of(int node) { return node; }
  static int node_of(const faiss::HNSW::NodeDistFarther& node) { return node.id; }

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
