// The average map of every layer, for fixed heads.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/tuning/measure/model_outputs.h"

namespace memo {

// Shapes: -> [layers] of [heads, length, length]
std::vector<at::Tensor> average_maps(Engine& engine, const TextList& texts, std::uint32_t length,
                                     std::size_t batch, const Advance& advance);

// The name of a layer's average in a codebook, for example "layer.3".
std::string average_name(std::size_t layer);

// Errors: as Codebook::save.
Status save_averages(const std::vector<at::Tensor>& averages, const std::string& path);

}  // namespace memo
