// MapRows and the similarity of pairs of maps, as fast as memory allows.
//
// An element of a map is kept as a 16-bit part of 65535. A row of probabilities then sums to at most 65535, so
// sums of any of its elements need no wider numbers: similarity, 1 - ½ Σ|a - b|, is Σ min(a, b), one minimum and
// one addition for 32 elements.
//
// A map of a longer text stands in for that of a shorter one as at run time: cropped, its rows scaled to sum 1
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memo {

// Maps of one layer, [texts][heads][rows][width]; of texts shorter than the bucket, rows and columns are zero from
// their end on.
struct MapRows {
  const std::uint16_t* elements = nullptr;
  std::size_t texts = 0;
  std::size_t heads = 0;
  std::size_t rows = 0;                    // of a head
  std::size_t row_stride = 1;              // row i is of token i · row_stride
  std::size_t width = 0;                   // a multiple of 32
  std::span<const std::uint32_t> lengths;  // [texts], in tokens
  std::size_t rows_of(std::size_t text) const { return (lengths[text] + row_stride - 1) / row_stride; }
  const std::uint16_t* of(std::size_t text) const { return elements + text * heads * rows * width; }
};

inline constexpr float kNoMap = -1;
inline constexpr float kWholeRow = 65535;  // of what elements are parts

// Quantizes a row so that the errors of its sums stay below one part in 65535.
// Shapes: row [length] -> target [width], zero from length on. Requires: the row's sum is at most 1, but for
// rounding.
void quantize_row(std::span<const float> row, std::span<std::uint16_t> target);

// How similar text j's map is to text i's: mean over heads and rows of Σ min(a, b); kNoMap where j is shorter than
// i, as it cannot stand in for i. Shapes: -> similarity [texts, texts], by i and j. In parallel, in the arena of
// the caller.
void pair_similarities(const MapRows& maps, float* similarity);

}  // namespace memo
