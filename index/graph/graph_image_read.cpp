#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "index/graph/byte_reader.h"
#include "index/graph/graph_image.h"

namespace memo {
namespace {

// FAISS numbers nodes with int.
constexpr std::uint64_t kMaxNodes = std::numeric_limits<int>::max();

// Each step checks what it reads before it uses it, and allocates no more than the image has bytes for. A step
// that returns false has set `error`.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const VectorIndexOptions& options)
      : bytes_(bytes), options_(options), links_(static_cast<int>(options.graph_neighbors)) {}

  GraphImage read(const IsCurrent& is_current) {
    if (!read_header() || !read_labels(is_current) || !read_levels() || !read_links() || !read_features())
      return {nullptr, std::move(error_)};
    return {std::make_unique<FeatureGraph>(options_, std::move(links_), std::move(features_), std::move(removed_),
                                           further_),
            {}};
  }

 private:
  template <typename... Arguments>
  bool fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    error_ = "graph image: " + fmt::format(format, std::forward<Arguments>(arguments)...);
    return false;
  }

  template <typename T>
  bool take(std::size_t count, T* into) {
    return bytes_.take(count, into) || cut_off(count, sizeof(T));
  }
  template <typename T>
  bool take(std::size_t count, std::vector<T>& into) {
    return bytes_.take(count, into) || cut_off(count, sizeof(T));
  }
  bool cut_off(std::size_t count, std::size_t bytes_each) {
    return fail("{} items of {} bytes are due, {} bytes are left; it was cut off or altered", count, bytes_each,
                bytes_.left());
  }

  bool read_header();
  bool read_labels(const IsCurrent& is_current);
  bool read_own_labels(const IsCurrent& is_current);
  bool read_further_labels(const IsCurrent& is_current);
  bool read_levels();
  bool read_links();
  bool read_features();
  bool check_links(std::size_t node, int level);

  ByteReader bytes_;
  const VectorIndexOptions& options_;
  std::string error_;
  std::size_t nodes_ = 0;
  std::size_t further_count_ = 0;
  std::vector<std::uint64_t> labels_;
  std::vector<bool> removed_;
  std::vector<LabelAtNode> further_;        // current ones
  std::vector<std::uint64_t> live_labels_;  // that have a stamp
  faiss::HNSW links_;
  FeatureList features_{{options_.dimension, options_.features}, FeatureList::Blocks::large};
};

bool Reader::read_header() {
  ImageHeader header;
  if (!take(1, &header)) return false;
  if (!std::equal(std::begin(header.magic), std::end(header.magic), std::begin(kImageMagic)))
    return fail("it does not begin as one");
  if (header.version != kImageVersion)
    return fail("version is {}, this build reads {}", header.version, kImageVersion);
  if (header.dimension != options_.dimension)
    return fail("dimension is {}, the index has {}", header.dimension, options_.dimension);
  if (header.graph_neighbors != options_.graph_neighbors)
    return fail("nodes have {} neighbors, the index wants {}", header.graph_neighbors, options_.graph_neighbors);
  if (header.features != static_cast<std::uint32_t>(options_.features) || header.reserved != 0)
    return fail("features are of format {}, the index keeps {}", header.features, to_string(options_.features));
  if (header.nodes > kMaxNodes) return fail("{} nodes, the most is {}", header.nodes, kMaxNodes);
  if (header.further >= kMaxNodes) return fail("{} further labels, the most is {}", header.further, kMaxNodes - 1);
  nodes_ = header.nodes;
  further_count_ = header.further;
  links_.entry_point = header.entry_point;
  return true;
}

bool Reader::read_labels(const IsCurrent& is_current) {
  if (!read_own_labels(is_current) || !read_further_labels(is_current)) return false;
  // Removed labels may appear several times: they were reused.
  std::sort(live_labels_.begin(), live_labels_.end());
  const auto twice = std::adjacent_find(live_labels_.begin(), live_labels_.end());
  return twice == live_labels_.end() || fail("label {} is there twice", *twice);
}

bool Reader::read_own_labels(const IsCurrent& is_current) {
  std::vector<std::uint64_t> stamps;
  if (!take(nodes_, labels_) || !take(nodes_, stamps)) return false;
  removed_.resize(nodes_);
  for (std::size_t node = 0; node < nodes_; ++node) {
    if (stamps[node] != 0) live_labels_.push_back(labels_[node]);
    removed_[node] = stamps[node] == 0 || !is_current(labels_[node], stamps[node]);
  }
  return true;
}

bool Reader::read_further_labels(const IsCurrent& is_current) {
  std::vector<std::uint64_t> labels, stamps;
  std::vector<std::uint32_t> nodes;
  if (!take(further_count_, labels) || !take(further_count_, stamps) || !take(further_count_, nodes)) return false;
  for (std::size_t i = 0; i < further_count_; ++i) {
    if (nodes[i] >= nodes_) return fail("label {} stands for node {} of {} nodes", labels[i], nodes[i], nodes_);
    if (stamps[i] == 0) continue;
    live_labels_.push_back(labels[i]);
    if (is_current(labels[i], stamps[i])) further_.push_back({labels[i], nodes[i]});
  }
  return true;
}

bool Reader::read_levels() {
  if (!take(nodes_, links_.levels)) return false;
  const auto most = static_cast<int>(links_.cum_nneighbor_per_level.size()) - 1;
  links_.offsets.reserve(nodes_ + 1);
  for (const int levels : links_.levels) {
    if (levels < 1 || levels > most) return fail("a node has {} levels, of 1 to {}", levels, most);
    links_.offsets.push_back(links_.offsets.back() + static_cast<std::size_t>(links_.cum_nb_neighbors(levels)));
  }
  const int entry = links_.entry_point;
  if (nodes_ == 0) return entry == -1 || fail("entry point {} in an empty graph", entry);
  if (entry < 0 || static_cast<std::size_t>(entry) >= nodes_)
    return fail("entry point {} of {} nodes", entry, nodes_);
  const int top = *std::max_element(links_.levels.begin(), links_.levels.end());
  if (links_.levels[static_cast<std::size_t>(entry)] != top) return fail("entry point {} is not on top", entry);
  links_.max_level = top - 1;
  return true;
}

bool Reader::read_links() {
  if (!bytes_.has(links_.offsets.back(), sizeof(int))) return cut_off(links_.offsets.back(), sizeof(int));
  links_.neighbors.reserve(links_.offsets.back());
  advise_huge_pages(links_.neighbors.data(), links_.offsets.back() * sizeof(int));
  if (!take(links_.offsets.back(), links_.neighbors)) return false;
  for (std::size_t node = 0; node < nodes_; ++node)
    for (int level = 0; level < links_.levels[node]; ++level)
      if (!check_links(node, level)) return false;
  return true;
}

// The links of one node on one level.
bool Reader::check_links(std::size_t node, int level) {
  std::size_t begin, end;
  links_.neighbor_range(static_cast<faiss::HNSW::idx_t>(node), level, &begin, &end);
  bool ended = false;
  for (std::size_t i = begin; i < end; ++i) {
    const int neighbor = links_.neighbors[i];
    if (neighbor == -1) {
      ended = true;
      continue;
    }
    if (neighbor < 0 || static_cast<std::size_t>(neighbor) >= nodes_)
      return fail("node {} links to {} of {} nodes", node, neighbor, nodes_);
    // FAISS follows a link without checking the level of its end, and takes all entries of a full list for nodes.
    if (links_.levels[static_cast<std::size_t>(neighbor)] <= level)
      return fail("node {} links to {} on level {}, where that is not", node, neighbor, level);
    if (ended) return fail("node {} has links after its last one on level {}", node, level);
  }
  return true;
}

bool Reader::read_features() {
  const std::size_t bytes = features_.shape().bytes();
  if (!bytes_.has(nodes_, bytes)) return cut_off(nodes_, bytes);
  std::vector<std::byte> code(bytes);
  for (const std::uint64_t label : labels_) {
    if (!take(bytes, code.data())) return false;
    if (!is_finite_feature(options_.features, code, options_.dimension))
      return fail("the feature of label {} is not finite", label);
    features_.append_code(label, code.data());
  }
  return bytes_.left() == 0 || fail("{} bytes follow its end", bytes_.left());
}

}  // namespace

GraphImage read_graph_image(std::span<const std::byte> bytes, const VectorIndexOptions& options,
                            const IsCurrent& is_current) {
  return Reader(bytes, options).read(is_current);
}

}  // namespace memo
