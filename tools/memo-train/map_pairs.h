// MapRows and the similarity of pairs of maps, as fast as memory allows.
//
// An element of a map is kept as a 16-bit part of 65535. A row of probabilities then sums to at most 65535, so sums of
// any of its elements need no wider numbers: similarity, 1 - ½ Σ|a - b|, is Σ min(a, b), one minimum and one addition
// for 32 elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memo {

// Maps of one layer, [texts][rows][width]; rows of texts shorter than the bucket are zero from their end on.
struct MapRows {
  const std::uint16_t* elements = nullptr;
  std::size_t texts = 0;
  std::size_t rows = 0;                 // of all heads
  std::size_t width = 0;                // a multiple of 32
  std::span<const std::uint32_t> used;  // [texts]: rows that are not zero
  const std::uint16_t* of(std::size_t text) const { return elements + text * rows * width; }
};

// Quantizes a row so that the errors of its sums stay below one part in 65535.
// Shapes: row [length] -> target [width], zero from length on. Requires: the row's sum is at most 1, but for rounding.
void quantize_row(std::span<const float> row, std::span<std::uint16_t> target);

// Mean over heads and rows of Σ min(a, b), for all pairs; rows and columns that only one of two texts has count as
// different. Shapes: -> similarity [texts, texts]. In parallel, in the arena of the caller.
void pair_similarities(const MapRows& maps, float* similarity);

}  // namespace memo
