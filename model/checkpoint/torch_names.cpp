#include "model/checkpoint/torch_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace memo {
namespace {

struct TorchName {
  std::string_view module;  // of torch.nn.modules
  std::string_view name;
  Function activation;
};

constexpr TorchName kNames[] = {
    {"linear", "Identity", Function::identity},   {"activation", "Tanh", Function::tanh},
    {"activation", "ReLU", Function::relu},       {"activation", "GELU", Function::gelu_erf},
    {"activation", "Sigmoid", Function::sigmoid}, {"activation", "SiLU", Function::silu}};

}  // namespace

std::optional<Function> torch_activation(const nlohmann::json& name) {
  for (const TorchName& known : kNames)
    if (name == fmt::format("torch.nn.modules.{}.{}", known.module, known.name) ||
        name == fmt::format("torch.nn.{}", known.name))
      return known.activation;
  return {};
}

std::string known_torch_activations() {
  std::vector<std::string_view> names;
  for (const TorchName& known : kNames) names.push_back(known.name);
  return fmt::format("{} of torch.nn", fmt::join(names, ", "));
}

}  // namespace memo
