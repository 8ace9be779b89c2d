#include <algorithm>
#include <bit>
#include <cassert>

#include "index/graph_image.h"

namespace memo {
namespace {

static_assert(std::endian::native == std::endian::little);

// Sinks may be files written with a system call a piece; a piece should not keep one busy for long either.
constexpr std::size_t kPiece = 1 << 20;

bool write(std::span<const std::byte> bytes, const ByteSink& sink) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(kPiece, bytes.size()));
    if (!sink(piece)) return false;
    bytes = bytes.subspan(piece.size());
  }
  return true;
}

bool write_header(const FeatureGraph& graph, const ByteSink& sink) {
  const VectorIndexOptions& options = graph.options();
  ImageHeader header{.magic = {},
                     .version = kImageVersion,
                     .dimension = options.dimension,
                     .graph_neighbors = options.graph_neighbors,
                     .entry_point = graph.links().entry_point,
                     .nodes = graph.size(),
                     .features = static_cast<std::uint32_t>(options.features),
                     .reserved = 0};
  std::copy(std::begin(kImageMagic), std::end(kImageMagic), header.magic);
  return write(std::as_bytes(std::span(&header, 1)), sink);
}

bool write_labels(const FeatureList& features, const ByteSink& sink) {
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

bool write_graph_image(const FeatureGraph& graph, std::span<const std::uint64_t> stamps, const ByteSink& sink) {
  assert(stamps.size() == graph.size());
  return write_header(graph, sink) && write_labels(graph.features(), sink) && write(std::as_bytes(stamps), sink) &&
         write(std::as_bytes(std::span(graph.links().levels)), sink) &&
         write(std::as_bytes(std::span(graph.links().neighbors)), sink) && write_features(graph.features(), sink);
}

}  // namespace memo
