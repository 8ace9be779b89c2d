#include "embed/sign_projection.h"

#include <cmath>

namespace memo {

Tensor sign_projection(std::int64_t out, std::int64_t in, std::mt19937_64& random) {
  Tensor weight = Tensor::empty({out, in});
  const float magnitude = 1 / std::sqrt(static_cast<float>(out));
  float* elements = weight.data_ptr<float>();
  for (std::int64_t i = 0; i < weight.numel(); ++i) elements[i] = (random() >> 63) != 0 ? magnitude : -magnitude;
  return weight;
}

}  // namespace memo
