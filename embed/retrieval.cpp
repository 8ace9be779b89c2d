#include "embed/retrieval.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace memo {
namespace {

at::Tensor possible(const at::Tensor& distances, const at::Tensor& similarity) {
  return distances.masked_fill(similarity < 0, std::numeric_limits<float>::max());
}

at::Tensor nearest_places(const at::Tensor& distances, std::int64_t count) {
  return std::get<1>(distances.topk(count, 1, false));
}

at::Tensor best_places(const at::Tensor& distances, const at::Tensor& similarity, const at::Tensor& penalties,
                       std::int64_t count) {
  const at::Tensor near =
      nearest_places(possible(distances, similarity), std::min(kOrderedByPenalty, distances.size(1)));
  const at::Tensor counted = distances.gather(1, near) * penalties.take(near);
  return near.gather(1,
                     nearest_places(possible(counted, similarity.gather(1, near)), std::min(count, near.size(1))));
}

}  // namespace

at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  // [m, d] x [d, n] -> [m, n]
  const at::Tensor products = at::mm(a, b.t());
  return (a.pow(2).sum(1, true) + b.pow(2).sum(1).unsqueeze(0) - 2 * products).clamp_min(0);
}

Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count,
                   const at::Tensor& penalties) {
  const at::Tensor places =
      penalties.defined() ? best_places(distances, similarity, penalties, std::min(count, distances.size(1)))
                          : nearest_places(possible(distances, similarity), std::min(count, distances.size(1)));
  const at::Tensor similar = similarity.gather(1, places);
  const at::Tensor found = similar >= 0;
  return {distances.gather(1, places).masked_select(found), similar.masked_select(found)};
}

}  // namespace memo
