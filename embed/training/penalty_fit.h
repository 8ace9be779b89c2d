// Fits the numbers of a MapPenalty to texts whose maps are known.
#pragma once

#include <ATen/core/Tensor.h>

#include "embed/map_penalty.h"

namespace memo {

struct PenaltySamples {
  at::Tensor features;    // [texts, dimension], about zero on average
  at::Tensor similarity;  // [texts, texts], as SiameseSamples
  at::Tensor typicality;  // [texts]
  at::Tensor length;      // [texts], tokens, as a part of the bucket
};

// Shapes: typicality, length (tokens, as a part of the bucket) and square (of the feature's norm) [texts]
//         -> [texts] f32, in the limits of memo/types.h
at::Tensor penalties(const PenaltyFit& fit, const at::Tensor& typicality, const at::Tensor& length,
                     const at::Tensor& square);

// Fits `rest` by least squares on `trained`. Of a few powers, it takes the one that finds the most similar maps
// among `validating`, or 0 where none is better than no penalties.
PenaltyFit fit_penalty(const PenaltySamples& trained, const PenaltySamples& validating);

}  // namespace memo
