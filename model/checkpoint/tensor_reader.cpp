#include "model/checkpoint/tensor_reader.h"

#include <utility>

namespace memo {
namespace {

// "….LayerNorm.weight" -> "….LayerNorm.gamma", as checkpoints converted from TensorFlow have it.
std::string older_name(const std::string& name) {
  static constexpr std::pair<std::string_view, std::string_view> kSuffixes[] = {
      {"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}};
  for (const auto& [suffix, older] : kSuffixes)
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size()).append(older);
  return name;
}

}  // namespace

TensorReader::TensorReader(const TensorSource& source, std::string_view prefix)
    : source_(source), prefix_(prefix) {}

std::string TensorReader::resolve(const std::string& name) const {
  for (const std::string& base : {name, older_name(name)})
    for (const std::string& candidate : {base, prefix_ + base})
      if (source_.has(candidate)) return candidate;
  return name;
}

Tensor TensorReader::read(const std::string& name, const std::vector<std::int64_t>& shape) {
  if (!status_) return {};
  auto tensor = source_.tensor(resolve(name), shape);
  if (tensor) return std::move(tensor).value();
  status_ = tensor.status();
  return {};
}

LinearWeights TensorReader::linear(const std::string& name, std::int64_t out, std::int64_t in) {
  return {read(name + ".weight", {out, in}), read(name + ".bias", {out})};
}

LayerNormWeights TensorReader::norm(const std::string& name, std::int64_t hidden) {
  return {read(name + ".weight", {hidden}), read(name + ".bias", {hidden})};
}

LinearWeights TensorReader::stacked(const std::array<std::string, 3>& names, std::int64_t hidden) {
  const LinearWeights query = linear(names[0], hidden, hidden);
  const LinearWeights key = linear(names[1], hidden, hidden);
  const LinearWeights value = linear(names[2], hidden, hidden);
  if (!status_) return {};
  const Tensor weights[] = {query.weight, key.weight, value.weight};
  const Tensor biases[] = {query.bias, key.bias, value.bias};
  return {concatenate(weights), concatenate(biases)};
}

}  // namespace memo
