#include "model/tuning/training/map_average.h"

#include <ATen/ATen.h>

namespace memo {

MapAverage::MapAverage(std::int64_t heads, std::int64_t bucket)
    : sum_(at::zeros({heads, bucket, bucket}, at::kDouble)), ending_at_(static_cast<std::size_t>(bucket) + 1) {}

void MapAverage::add(const at::Tensor& map) {
  const std::int64_t length = map.size(1);
  sum_.narrow(1, 0, length).narrow(2, 0, length) += map;
  ++ending_at_[static_cast<std::size_t>(length)];
}

at::Tensor MapAverage::mean() const {
  const std::int64_t bucket = sum_.size(1);
  // [bucket]: sequences that have position p, that is, are longer than p.
  at::Tensor having = at::zeros({bucket}, at::kDouble);
  double longer = 0;
  for (std::int64_t position = bucket - 1; position >= 0; --position) {
    longer += static_cast<double>(ending_at_[static_cast<std::size_t>(position) + 1]);
    having.data_ptr<double>()[position] = longer;
  }
  // [bucket, bucket]: a sequence that has the later of row and column has both.
  const at::Tensor both = at::minimum(having.unsqueeze(0), having.unsqueeze(1));
  const at::Tensor mean = sum_ / at::clamp_min(both, 1);
  const at::Tensor row_sums = mean.sum(-1, true);
  const at::Tensor uniform = at::full_like(mean, 1.0 / static_cast<double>(bucket));
  return at::where(row_sums > 0, mean / at::clamp_min(row_sums, 1e-30), uniform).to(at::kFloat).contiguous();
}

}  // namespace memo
