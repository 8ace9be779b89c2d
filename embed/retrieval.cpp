#include "embed/retrieval.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace memo {

at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  // [m, d] x [d, n] -> [m, n]
  const at::Tensor products = at::mm(a, b.t());
  return (a.pow(2).sum(1, true) + b.pow(2).sum(1).unsqueeze(0) - 2 * products).clamp_min(0);
}

Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count) {
  const at::Tensor possible = distances.masked_fill(similarity < 0, std::numeric_limits<float>::max());
  const auto [nearest, places] = possible.topk(std::min(count, distances.size(1)), 1, false);
  const at::Tensor similar = similarity.gather(1, places);
  const at::Tensor found = similar >= 0;
  return {nearest.masked_select(found), similar.masked_select(found)};
}

}  // namespace memo
