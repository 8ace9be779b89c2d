// EmbedderSet: the embedders of a model's layers: one for all, or one per layer.
//
// Format: safetensors as in embedder.h, with version = "2" and layers = the number of layers; names of tensors,
// and scale, have the prefix "layer.N.". Where they are known: "layer.N.curve" [knots, 2] f32, see
// similarity_curve.h; "layer.N.penalty" [6] f32 with "layer.N.average" [heads, rows, length_bucket] f32 and the
// metadata "layer.N.row_stride", see map_penalty.h.
// A file of version "1" is read as one embedder for all.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "embed/embedder.h"
#include "embed/map_penalty.h"
#include "embed/similarity_curve.h"
#include "memo/status.h"
#include "memo/types.h"

namespace memo {

struct LayerEmbedder {
  Embedder embedder;
  SimilarityCurve curve{};              // empty: not calibrated
  std::optional<MapPenalty> penalty{};  // none: all maps stand in equally
};

// Threads: any.
class EmbedderSet {
 public:
  static constexpr std::uint32_t kMaxLayers = 1024;

  static EmbedderSet shared(Embedder embedder);
  // All have one shape, except for the widths inside of the MLP: their features lie in one space.
  // Errors: invalid_argument (none, or shapes that differ; a penalty that is not valid).
  static Result<EmbedderSet> one_a_layer(std::vector<LayerEmbedder> entries);

  // Errors: as Embedder::load.
  static Result<EmbedderSet> load(const std::string& path);
  // Writes version 2. Errors: as write_safetensors.
  Status save(const std::string& path) const;

  const EmbedderShape& shape() const { return entries_.front().embedder.shape(); }
  // How many layers have embedders; 1 where one is shared.
  std::size_t layers() const { return entries_.size(); }
  bool is_shared() const { return shared_; }
  bool covers(std::size_t layers) const { return shared_ || entries_.size() == layers; }
  // Requires: the layer is covered.
  const LayerEmbedder& of(std::size_t layer) const { return entries_[shared_ ? 0 : layer]; }
  // The digest of all embedders together, without curves and penalties. For a shared embedder it is the embedder's
  // own.
  Digest fingerprint() const;

 private:
  EmbedderSet(std::vector<LayerEmbedder> entries, bool shared) : entries_(std::move(entries)), shared_(shared) {}

  std::vector<LayerEmbedder> entries_;  // [layers], or one
  bool shared_;
};

}  // namespace memo
