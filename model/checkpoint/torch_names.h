// The names under which PyTorch's activations stand in published JSON files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "model/checkpoint/embedding_modules.h"

namespace memo {

// For example "torch.nn.modules.activation.Tanh" or "torch.nn.Tanh". Nothing for other names.
std::optional<Function> torch_activation(const nlohmann::json& name);
// For messages.
std::string known_torch_activations();

}  // namespace memo
