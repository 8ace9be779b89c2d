// The names under which PyTorch's activations stand in published JSON files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/checkpoint/embedding_modules.h"

namespace memo {

// "torch.nn.modules.activation.Tanh" or "torch.nn.Tanh". Nothing for a name that is not known.
std::optional<DenseActivation> torch_activation(std::string_view name);
// For messages.
std::string known_torch_activations();

}  // namespace memo
