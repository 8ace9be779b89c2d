// The names under which PyTorch's activations stand in published JSON files.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "model/checkpoint/embedding_modules.h"

namespace memo {

// "torch.nn.modules.activation.Tanh" or "torch.nn.Tanh". Nothing for all else.
std::optional<Function> torch_activation(const nlohmann::json& name);
// For messages.
std::string known_torch_activations();

}  // namespace memo
