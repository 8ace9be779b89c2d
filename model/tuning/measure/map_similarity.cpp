#include "model/tuning/measure/map_similarity.h"

#include <ATen/ATen.h>

namespace memo {

at::Tensor head_similarities(const at::Tensor& a, const at::Tensor& b) {
  // [heads, length, length] -> [heads, length] -> [heads]
  return 1 - 0.5 * (a - b).abs().sum(-1).to(at::kDouble).mean(-1);
}

at::Tensor cropped(const at::Tensor& map, std::int64_t length) {
  if (map.size(1) == length) return map;
  const at::Tensor part = map.narrow(1, 0, length).narrow(2, 0, length);
  return part / at::clamp_min(part.sum(-1, true), 1e-30);
}

}  // namespace memo
