// SimilarityCurve: how similar the maps of two inputs are expected to be, given the distance of their features.
#pragma once

#include <span>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"

namespace memo {

// It never rises as the distance grows; it is linear between knots, and constant outside of them.
// Threads: any.
class SimilarityCurve {
 public:
  struct Knot {
    float distance;
    float similarity;
  };
  static constexpr std::size_t kMaxKnots = 256;

  SimilarityCurve() = default;
  // Monotone least squares over pairs, in about `knots` groups. Each group has the same number of pairs of similar
  // distance.
  // Shapes: distances, similarities [pairs]. Requires: the same size, finite.
  static SimilarityCurve fit(std::span<const float> distances, std::span<const float> similarities,
                             std::size_t knots = 16);
  // Shapes: [knots, 2]. Errors: invalid_argument (too many knots, distances that do not rise, similarities that
  // do).
  static Result<SimilarityCurve> of_tensor(const Tensor& knots);
  Tensor to_tensor() const;

  bool empty() const { return knots_.empty(); }
  std::span<const Knot> knots() const { return knots_; }
  // Requires: not empty.
  float similarity_at(float distance) const;
  // The largest distance at which at least this similarity is expected; negative where it never is.
  // Requires: not empty.
  float distance_for(float similarity) const;

 private:
  std::vector<Knot> knots_;
};

}  // namespace memo
