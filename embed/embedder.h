// Embedder: makes the feature of a layer's input, so that L2 distance between features predicts how similar the
// attention maps are. A small MLP over a position-aware summary of the sequence.
//
//   input    [length, hidden]
//   pooled   = mean over segments of positions -> [segments, hidden], zero where no token is
//   segments = pooled x token_weight^T         -> [segments, token_width]
//   feature  = MLP(flatten(segments)) · scale  -> [feature_dimension]
//
// Position matters: mean pooling over the whole sequence finds clearly worse maps.
// Format: safetensors with the metadata format = "memo-embedder", version = "1", the five numbers of EmbedderShape
// and scale; tensors tokens.weight, mlp.0.weight, mlp.0.bias, mlp.1.weight ... Version "2" holds one embedder per
// layer: see embedder_set.h.
// Source: AttMEMO, section on the embedding (an MLP on the layer input, trained Siamese).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "memo/types.h"

namespace memo {

struct EmbedderShape {
  std::uint32_t hidden = 0;
  std::uint32_t length_bucket = 0;
  std::uint32_t token_width = 16;
  std::uint32_t segments = 32;            // at most length_bucket
  std::uint32_t feature_dimension = 128;  // 1 .. kMaxFeatureDimension
  Status validate() const;
};

struct EmbedderWeights {
  Tensor tokens;                               // [token_width, hidden]
  std::vector<std::pair<Tensor, Tensor>> mlp;  // weight [out, in], bias [out]; ReLU between
  float scale = 1;
};

// Threads: embed() from any thread.
class Embedder {
 public:
  // Errors: invalid_argument (the shape, or weights that disagree with it).
  static Result<Embedder> of_weights(const EmbedderShape& shape, EmbedderWeights weights);
  // A random projection by signs, orthogonal in expectation, without training: the distance of two features
  // estimates the root mean square difference between elements of the pooled inputs. The seed determines it, on
  // any machine.
  static Result<Embedder> projection(const EmbedderShape& shape, std::uint64_t seed);
  // Errors: as SafetensorsFile; unsupported (another format or version); corrupt (shapes disagree).
  static Result<Embedder> load(const std::string& path);
  Status save(const std::string& path) const;

  const EmbedderShape& shape() const { return shape_; }
  const EmbedderWeights& weights() const { return weights_; }
  // Hash of shape and weights: features of different embedders must never meet in one space.
  Digest fingerprint() const;

  // Shapes: hidden [batch, padded, hidden] f32 contiguous; lengths [batch], each <= padded and length_bucket
  //         -> [batch, feature_dimension] f32 contiguous. Positions from lengths[i] on are ignored.
  Tensor embed(const Tensor& hidden, std::span<const std::int32_t> lengths) const;
  // The first step of embed(). Shapes: as embed() -> [batch, segments, hidden]
  Tensor pool_segments(const Tensor& hidden, std::span<const std::int32_t> lengths) const;
  // The other steps. Shapes: pooled [batch, segments, hidden] -> [batch, feature_dimension]
  Tensor embed_pooled(const Tensor& pooled) const;

 private:
  Embedder() = default;

  EmbedderShape shape_;
  EmbedderWeights weights_;
};

}  // namespace memo
