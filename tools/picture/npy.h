// NumPy's .npy format, version 1.0.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tools/picture/attention_maps.h"

namespace memo {

// The bytes of a file that numpy.load() reads as float32 [heads, length, length].
std::string to_npy(const AttentionMaps& maps);
// As float32 [numbers].
std::string to_npy(std::span<const float> numbers);
// As float32 [rows, numbers / rows]. Requires: rows divides them.
std::string to_npy(std::span<const float> numbers, std::size_t rows);

}  // namespace memo
