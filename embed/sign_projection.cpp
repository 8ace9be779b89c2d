#include "embed/sign_projection.h"

#include <ATen/ops/empty.h>

#include <cmath>

namespace memo {

at::Tensor sign_projection(std::int64_t out, std::int64_t in, std::mt19937_64& random) {
  at::Tensor weight = at::empty({out, in}, at::kFloat);
  const float magnitude = 1 / std::sqrt(static_cast<float>(out));
  float* elements = weight.data_ptr<float>();
  for (std::int64_t i = 0; i < weight.numel(); ++i) elements[i] = (random() >> 63) != 0 ? magnitude : -magnitude;
  return weight;
}

}  // namespace memo
