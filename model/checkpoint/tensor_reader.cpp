#include "model/checkpoint/tensor_reader.h"

#include <string_view>
#include <utility>

namespace memo {
namespace {

constexpr std::string_view kPrefix = "bert.";

// "….LayerNorm.weight" -> "….LayerNorm.gamma", as checkpoints converted from TensorFlow have it.
std::string older_name(const std::string& name) {
  static constexpr std::pair<std::string_view, std::string_view> kSuffixes[] = {
      {"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}};
  for (const auto& [suffix, older] : kSuffixes)
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size()).append(older);
  return name;
}

}  // namespace

TensorReader::TensorReader(const SafetensorsFile& file) : file_(file) {}

std::string TensorReader::resolve(const std::string& name) const {
  for (const std::string& base : {name, older_name(name)})
    for (const std::string& candidate : {base, std::string(kPrefix) + base})
      if (file_.has(candidate)) return candidate;
  return name;
}

at::Tensor TensorReader::read(const std::string& name, const std::vector<std::int64_t>& shape) {
  if (!status_) return {};
  auto tensor = file_.tensor(resolve(name), shape);
  if (tensor) return std::move(tensor).value();
  status_ = tensor.status();
  return {};
}

}  // namespace memo
