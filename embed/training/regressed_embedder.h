// An embedder in closed form: a ridge regression, on the pooled inputs, of coordinates that give the similarity of
// maps.
//
// Similarity, Σ min(a, b), is a positive definite kernel, so there are coordinates of maps whose squared distance
// is 2 (1 - similarity): eigenvectors of the centred similarities (classical scaling). The leading ones are
// predicted from the pooled input. Coordinates that inputs do not determine are shrunk, so that noise does not
// decide which text is nearest. The regression's matrix is then reduced to the embedder's token width: the
// directions of a token that predict most are kept, and the regression is made again from them.
//
// Source: Torgerson 1952 (classical scaling); Izenman 1975 (reduced-rank regression); Odone, Barla and Verri 2005
// (histogram intersection is a kernel).
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "embed/embedder.h"

namespace memo {

// Makes one embedder for each ridge, each of one layer, without an inner MLP layer. Work that does not depend on
// the ridge is done once. Deterministic on one machine and one thread. Time: cube of the number of texts.
// ridges: in units of the mean squared length of an input.
// Shapes: pooled [texts, segments, hidden]; similarity [texts, texts], negative where a map cannot stand in for
// another.
// Requires: at least 2 texts, ridges > 0.
// Errors: invalid_argument (inputs or similarities that are not finite, no solution).
Result<std::vector<Embedder>> regress_embedders(const EmbedderShape& shape, const at::Tensor& pooled,
                                                const at::Tensor& similarity, std::span<const double> ridges);

}  // namespace memo
