// A graph image: a FeatureGraph as bytes, to be read back by a build of the same byte order.
//
//   header     ImageHeader, 48 bytes
//   labels     u64 [nodes]           the nodes' own
//   stamps     u64 [nodes]           what the label stood for; 0: it is removed
//   further    u64 [further]         labels of nodes that have several
//              u64 [further]         their stamps
//              u32 [further]         their nodes
//   levels     i32 [nodes]           how many levels of links the node has, from 1
//   neighbors  i32 [sum of links]    by node, then by level: 2 * M links on level 0, M above; -1 after the last
//   features   [nodes, feature_bytes(features, dimension)], as index/distance/feature_format.h has them
//
// Nothing lies between or after them. There is no checksum. Code that keeps an image in a file adds one, for bytes
// that pass every check here may still be links that lead nowhere near a query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "index/graph/feature_graph.h"
#include "index/graph/image_streams.h"
#include "index/graph/index_options.h"

namespace memo {

struct ImageHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t dimension;
  std::uint32_t graph_neighbors;
  std::int32_t entry_point;  // a node of the most levels; -1 in an empty graph
  std::uint64_t nodes;
  std::uint64_t further;
  std::uint32_t features;  // FeatureFormat
  std::uint32_t reserved;  // 0
};
static_assert(sizeof(ImageHeader) == 48);

inline constexpr char kImageMagic[8] = {'m', 'e', 'm', 'o', 'g', 'r', 'p', 'h'};
inline constexpr std::uint32_t kImageVersion = 3;

// Stamps by place (index/graph/node_labels.h), 0 where there is no live label. Shapes: own [nodes], further
// [further places].
struct PlaceStamps {
  std::vector<std::uint64_t> own;
  std::vector<std::uint64_t> further;
};

// Leaves out further places without a stamp. False when the sink ended it.
// Threads: beside const methods and remove() of the graph: it reads only what add() changes.
bool write_graph_image(const FeatureGraph& graph, const PlaceStamps& stamps, const ByteSink& sink);

struct GraphImage {
  std::unique_ptr<FeatureGraph> graph;  // null: see error
  std::string error;
};

// Labels without a stamp, and those that `is_current` rejects, become removed labels of the graph.
// Errors: any bytes that write_graph_image() cannot have written for these options. An accepted image can be
// searched and added to safely; FAISS itself checks nothing.
GraphImage read_graph_image(std::span<const std::byte> bytes, const VectorIndexOptions& options,
                            const IsCurrent& is_current);

}  // namespace memo
