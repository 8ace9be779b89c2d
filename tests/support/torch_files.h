// Files of ours written from LibTorch's tensors, in which tests compute what they expect.
#pragma once

#include <map>
#include <string>

#include "embed/safetensors/safetensors.h"
#include "embed/training/torch_tensor.h"

namespace memo {

inline Status write_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                                const std::map<std::string, std::string>& metadata) {
  std::map<std::string, Tensor> ours;
  for (const auto& [name, tensor] : tensors) ours[name] = from_torch(tensor);
  return write_safetensors(path, ours, metadata);
}

}  // namespace memo
