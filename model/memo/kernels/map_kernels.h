// The two inner loops over stored maps, compiled once for each instruction set and chosen at run time.
//
// kernels.inc holds the portable source; avx512.cpp, avx2.cpp and baseline.cpp are that source under different
// compile flags (model/CMakeLists.txt). There are no ifuncs, so sanitizers see every variant as ordinary code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memo {

// One head of a stored map, and where its values and its context lie in larger tensors.
struct HeadOperands {
  const std::uint8_t* rows = nullptr;  // [length, row_stride] u8, of which [length, length] counts
  std::size_t row_stride = 0;          // bytes, a multiple of 16, at least length
  const float* scales = nullptr;       // [length]; null for a cropped map: rows are then scaled by 1 / their sum
  const float* value = nullptr;        // [length, head_dim], rows value_stride floats apart
  std::size_t value_stride = 0;
  float* context = nullptr;  // [length, head_dim], rows context_stride floats apart
  std::size_t context_stride = 0;
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;  // a multiple of 16, at most 128
};

// Threads: any; the functions keep no state.
struct MapKernels {
  const char* name;  // "avx512", "avx2" or "baseline"
  // context = diag(scales) · rows · value
  void (*context)(const HeadOperands& head);
  // Quantizes row [length] to u8 [length] so that its largest element becomes 255, and returns 1 / sum of the
  // u8. A row without a positive finite maximum becomes zeros, with scale 0; a NaN or negative element becomes 0.
  float (*encode_row)(const float* row, std::uint32_t length, std::uint8_t* encoded);
};

// The variants that this CPU runs, fastest first; never empty.
std::vector<const MapKernels*> supported_map_kernels();
// The fastest of them.
const MapKernels& best_map_kernels();

}  // namespace memo
