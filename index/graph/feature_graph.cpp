#include "index/graph/feature_graph.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>

namespace memo {
namespace {

template <typename T>
bool has_room(const std::vector<T>& array, std::size_t count) {
  return array.capacity() - array.size() >= count;
}

// An array without capacity when the present one has enough. It gets an eighth more than needed: growing to a
// million nodes then copies each some eight times, which is negligible beside linking it. Arrays that double would
// be half empty.
template <typename T>
std::vector<T> larger_copy(const std::vector<T>& array, std::size_t count) {
  std::vector<T> copy;
  if (has_room(array, count)) return copy;
  constexpr std::size_t kLeast = 1024;
  copy.reserve(array.size() + count + std::max(kLeast, array.size() / 8));
  advise_huge_pages(copy.data(), copy.capacity() * sizeof(T));
  copy.assign(array.begin(), array.end());
  return copy;
}

template <typename T>
std::size_t bytes_in_use(const std::vector<T>& array) {
  return array.size() * sizeof(T);
}

}  // namespace

// Working memory that is lent for one walk.
class FeatureGraph::WalkLoan {
 public:
  explicit WalkLoan(const FeatureGraph& graph) : graph_(graph) {
    {
      const std::lock_guard lock(graph.idle_mutex_);
      if (!graph.idle_.empty()) {
        memory_ = std::move(graph.idle_.back());
        graph.idle_.pop_back();
      }
    }
    if (!memory_) memory_ = std::make_unique<WalkMemory>();
  }
  ~WalkLoan() {
    const std::lock_guard lock(graph_.idle_mutex_);
    graph_.idle_.push_back(std::move(memory_));
  }
  WalkLoan(const WalkLoan&) = delete;
  WalkLoan& operator=(const WalkLoan&) = delete;
  WalkMemory& operator*() { return *memory_; }

 private:
  const FeatureGraph& graph_;
  std::unique_ptr<WalkMemory> memory_;
};

FeatureGraph::FeatureGraph(const VectorIndexOptions& options)
    : FeatureGraph(options, faiss::HNSW(static_cast<int>(options.graph_neighbors)),
                   FeatureList({options.dimension, options.features}, FeatureList::Blocks::large), {}, {}) {}

FeatureGraph::FeatureGraph(const VectorIndexOptions& options, faiss::HNSW links, FeatureList features,
                           std::vector<bool> removed, std::span<const LabelAtNode> further)
    : options_(options),
      links_(std::move(links)),
      features_(std::move(features)),
      labels_(features_, std::move(removed)),
      nodes_(features_, random_seed()) {
  assert(links_.levels.size() == size());
  links_.efConstruction = static_cast<int>(options.build_effort);
  for (const LabelAtNode& known : further) labels_.add(known.label, known.node, Places::fresh);
  for (std::size_t node = 0; node < size(); ++node) nodes_.insert(node);
}

Insertion FeatureGraph::plan(const std::byte* code) {
  if (const auto node = nodes_.find(code))
    return {.node = static_cast<int>(*node), .levels = 0, .lists = {}, .links = {}};
  std::vector<float> feature(options_.dimension);
  decode_feature(options_.features, code, feature);
  WalkLoan memory(*this);
  return make_insertion(links_, features_, feature, code, *memory);
}

void FeatureGraph::add(std::uint64_t label, const std::byte* code, const Insertion& insertion, Places places) {
  assert(!contains(label));
  if (insertion.levels == 0) return labels_.add(label, static_cast<std::size_t>(insertion.node), places);
  features_.append_code(label, code);
  labels_.append();
  nodes_.insert(size() - 1);
  apply_insertion(insertion, links_);
}

void FeatureGraph::add(std::uint64_t label, std::span<const float> feature) {
  std::vector<std::byte> code(features_.shape().bytes());
  encode_feature(options_.features, feature, code.data());
  add(label, code.data());
}

bool FeatureGraph::remove(std::uint64_t label) {
  return labels_.remove(label);
}

FeatureGraph::Room FeatureGraph::make_room(std::size_t count) {
  const auto most_links = static_cast<std::size_t>(links_.cum_nneighbor_per_level.back());
  return {larger_copy(links_.levels, count), larger_copy(links_.offsets, count),
          larger_copy(links_.neighbors, count * most_links)};
}

void FeatureGraph::use_room(Room& room) {
  if (room.levels.capacity() > 0) links_.levels.swap(room.levels);
  if (room.offsets.capacity() > 0) links_.offsets.swap(room.offsets);
  if (room.neighbors.capacity() > 0) links_.neighbors.swap(room.neighbors);
}

// The nearest nodes that the graph leads to, including removed ones. Requires: size() > 0.
FeatureGraph::Candidates FeatureGraph::candidates(const float* query, const WalkEffort& effort,
                                                  std::size_t wanted) const {
  WalkLoan memory(*this);
  GraphWalk walk(links_, features_, query, *memory);
  const bool to_its_end = walk.search_level(0, walk.descend_to(0), effort);
  const Beam& beam = (*memory).beam;
  const std::size_t settled = to_its_end ? beam.size() : std::min(beam.size(), effort.best);
  Candidates found;
  found.nodes.reserve(beam.size());
  for (std::size_t rank = 0; rank < beam.size(); ++rank) {
    found.nodes.push_back(beam[rank]);
    if (rank < settled && found.live < wanted)
      found.live += labels_.count(static_cast<std::size_t>(beam[rank].node), wanted - found.live);
  }
  return found;
}

// Patience counts as many of the best as contain `wanted` live ones, if tombstones lie evenly. It counts a few
// more than one, as the way to a feature that lies apart leads over nodes that are no nearer than those already
// known.
WalkEffort FeatureGraph::first_effort(std::size_t wanted) const {
  constexpr std::size_t kFewest = 8;
  const std::size_t settled = std::max(wanted, kFewest);
  const std::size_t best = settled + (settled * removed() + live_nodes() - 1) / live_nodes();
  const std::size_t width = std::max<std::size_t>(options_.search_effort, best);
  if (options_.search_patience == 0) return {width, best};
  // The larger the graph, the longer a walk may go without an improvement.
  return {width, best, std::max<std::size_t>(options_.search_patience, 2 * std::bit_width(size()))};
}

void FeatureGraph::search(const float* query, NearestList& nearest, std::size_t wanted) const {
  wanted = std::min(wanted, live());
  if (wanted == 0) return;
  // Tombstones around the query can fill a candidate list; then search again with unlimited patience, and then
  // wider. A walk examines some tens of nodes per candidate, scattered over the memory. So from a thirty-second of
  // all nodes on, comparing with every node in order is as cheap, and misses nothing. A first walk pays up to a
  // quarter.
  constexpr std::size_t kWidest = 8192;
  WalkEffort effort = first_effort(wanted);
  for (std::size_t most = size() / 4; effort.width < most; most = std::min(size() / 32, kWidest)) {
    const Candidates found = candidates(query, effort, wanted);
    if (found.live < wanted) {
      if (effort.patience == SIZE_MAX) effort.width *= 4;
      effort.patience = SIZE_MAX;
      continue;
    }
    for (const NodeDistance& candidate : found.nodes)
      labels_.offer(static_cast<std::size_t>(candidate.node), candidate.distance, nearest);
    return;
  }
  offer_all(query, nearest);
}

void FeatureGraph::offer_all(const float* query, NearestList& nearest) const {
  const L2Kernels& kernels = l2_kernels_for_this_cpu(options_.features);
  for (std::size_t node = 0; node < size(); ++node)
    if (!labels_.is_bare(node))
      labels_.offer(node, kernels.one(query, features_.code(node), options_.dimension), nearest);
}

std::size_t FeatureGraph::link_bytes() const {
  return bytes_in_use(links_.levels) + bytes_in_use(links_.offsets) + bytes_in_use(links_.neighbors);
}

std::size_t FeatureGraph::memory_bytes() const {
  std::size_t bytes =
      sizeof(*this) + link_bytes() + features_.memory_bytes() + labels_.memory_bytes() + nodes_.memory_bytes();
  const std::lock_guard lock(idle_mutex_);
  for (const auto& memory : idle_) bytes += memory->memory_bytes();
  return bytes;
}

}  // namespace memo
