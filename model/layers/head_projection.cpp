#include "model/layers/head_projection.h"

#include <algorithm>

namespace memo {
namespace {

// The rows of a [3 * hidden, ...] tensor that a projection keeps, in its order.
Tensor select_rows(const Tensor& qkv, const ModelConfig& config, const std::vector<bool>& computed) {
  if (!qkv.defined() || std::find(computed.begin(), computed.end(), false) == computed.end()) return qkv;
  std::vector<Tensor> parts;
  for (std::int64_t part = 0; part < 2; ++part)
    for (std::int64_t head = 0; head < config.heads; ++head)
      if (computed[static_cast<std::size_t>(head)])
        parts.push_back(qkv.narrow(part * config.hidden + head * config.head_dim(), config.head_dim()));
  parts.push_back(qkv.narrow(2 * config.hidden, config.hidden));
  return concatenate(parts);
}

std::vector<std::size_t> places_of(const std::vector<bool>& computed) {
  std::vector<std::size_t> places;
  std::size_t next = 0;
  for (const bool head : computed) {
    places.push_back(next);
    next += head ? 1 : 0;
  }
  return places;
}

}  // namespace

HeadProjection::HeadProjection(const dnnl::engine& engine, const Kernels& kernels, const ModelConfig& config,
                               const LinearWeights& qkv, const std::vector<bool>& computed, DataType type)
    : head_dim_(static_cast<std::size_t>(config.head_dim())),
      computed_(static_cast<std::size_t>(std::count(computed.begin(), computed.end(), true))),
      place_(places_of(computed)),
      linear_(make_linear(engine, kernels, select_rows(qkv.weight, config, computed),
                          select_rows(qkv.bias, config, computed),
                          LinearOptions{type, values_of(type), false, std::nullopt})) {}

}  // namespace memo
