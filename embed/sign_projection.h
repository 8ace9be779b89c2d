// Random projections that keep distances in expectation.
#pragma once

#include <cstdint>
#include <random>

#include "embed/tensor/tensor.h"

namespace memo {

// [out, in], every element +1/sqrt(out) or -1/sqrt(out): the expected squared length of weight · x is that of x.
// Signs rather than normal numbers: bits of the generator are the same everywhere, a library's logarithm is not.
// Source: Achlioptas, "Database-friendly random projections" (2003).
Tensor sign_projection(std::int64_t out, std::int64_t in, std::mt19937_64& random);

}  // namespace memo
