#include "embed/training/retrieval.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace memo {
namespace {

at::Tensor possible(const at::Tensor& distances, const at::Tensor& similarity) {
  return distances.masked_fill(similarity < 0, std::numeric_limits<float>::max());
}

// The `count` nearest that can stand in, and others where there are fewer of these.
at::Tensor nearest_places(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count) {
  return std::get<1>(possible(distances, similarity).topk(std::min(count, distances.size(1)), 1, false));
}

at::Tensor best_places(const at::Tensor& distances, const at::Tensor& similarity, const at::Tensor& penalties,
                       std::int64_t count) {
  const at::Tensor near = nearest_places(distances, similarity, kOrderedByPenalty);
  const at::Tensor counted = distances.gather(1, near) * penalties.take(near);
  return near.gather(1, nearest_places(counted, similarity.gather(1, near), count));
}

}  // namespace

at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  // [m, d] x [d, n] -> [m, n]
  const at::Tensor products = at::mm(a, b.t());
  return (a.pow(2).sum(1, true) + b.pow(2).sum(1).unsqueeze(0) - 2 * products).clamp_min(0);
}

at::Tensor similarity_kernel(const at::Tensor& similarity) {
  at::Tensor kernel = at::maximum(similarity, similarity.t());
  kernel.fill_diagonal_(1);
  return kernel;
}

Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count,
                   const at::Tensor& penalties) {
  const at::Tensor places = penalties.defined() ? best_places(distances, similarity, penalties, count)
                                                : nearest_places(distances, similarity, count);
  const at::Tensor similar = similarity.gather(1, places);
  const at::Tensor found = similar >= 0;
  return {distances.gather(1, places).masked_select(found), similar.masked_select(found)};
}

}  // namespace memo
