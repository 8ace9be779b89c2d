#include <algorithm>
#include <bit>
#include <cassert>

#include "index/graph/graph_image.h"

namespace memo {
namespace {

static_assert(std::endian::native == std::endian::little);

// A sink may be a file that takes a system call per piece; a piece should not keep it busy for long either.
constexpr std::size_t kPiece = 1 << 20;

bool write(std::span<const std::byte> bytes, const ByteSink& sink) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(kPiece, bytes.size()));
    if (!sink(piece)) return false;
    bytes = bytes.subspan(piece.size());
  }
  return true;
}

template <typename T>
bool write_all(const std::vector<T>& items, const ByteSink& sink) {
  return write(std::as_bytes(std::span(items)), sink);
}

// Labels at further places, as the image has them.
struct FurtherLabels {
  std::vector<std::uint64_t> labels;
  std::vector<std::uint64_t> stamps;
  std::vector<std::uint32_t> nodes;
};

FurtherLabels further_labels(const NodeLabels& all, const std::vector<std::uint64_t>& stamps) {
  FurtherLabels live;
  for (std::size_t number = 0; number < stamps.size(); ++number) {
    if (stamps[number] == 0) continue;
    const LabelAtNode known = all.further(number);
    live.labels.push_back(known.label);
    live.stamps.push_back(stamps[number]);
    live.nodes.push_back(known.node);
  }
  return live;
}

bool write_header(const FeatureGraph& graph, std::size_t further, const ByteSink& sink) {
  const VectorIndexOptions& options = graph.options();
  ImageHeader header{.magic = {},
                     .version = kImageVersion,
                     .dimension = options.dimension,
                     .graph_neighbors = options.graph_neighbors,
                     .entry_point = graph.links().entry_point,
                     .nodes = graph.size(),
                     .further = further,
                     .features = static_cast<std::uint32_t>(options.features),
                     .reserved = 0};
  std::copy(std::begin(kImageMagic), std::end(kImageMagic), header.magic);
  return write(std::as_bytes(std::span(&header, 1)), sink);
}

bool write_own_labels(const FeatureList& features, const ByteSink& sink) {
  for (std::size_t node = 0; node < features.size();) {
    const auto labels = features.label_run(node);
    if (!write(std::as_bytes(labels), sink)) return false;
    node += labels.size();
  }
  return true;
}

bool write_features(const FeatureList& features, const ByteSink& sink) {
  for (std::size_t node = 0; node < features.size(); node += features.label_run(node).size())
    if (!write(features.code_run(node), sink)) return false;
  return true;
}

}  // namespace

bool write_graph_image(const FeatureGraph& graph, const PlaceStamps& stamps, const ByteSink& sink) {
  assert(stamps.own.size() == graph.size() && stamps.further.size() == graph.labels().further_places());
  const FurtherLabels further = further_labels(graph.labels(), stamps.further);
  return write_header(graph, further.labels.size(), sink) && write_own_labels(graph.features(), sink) &&
         write_all(stamps.own, sink) && write_all(further.labels, sink) && write_all(further.stamps, sink) &&
         write_all(further.nodes, sink) && write_all(graph.links().levels, sink) &&
         write_all(graph.links().neighbors, sink) && write_features(graph.features(), sink);
}

}  // namespace memo
