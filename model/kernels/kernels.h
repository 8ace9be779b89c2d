// The inner loops of the engine, compiled once for each instruction set and chosen at run time.
//
// The .inc files hold the portable source; avx512_bf16.cpp to baseline.cpp are that source under different compile
// flags (model/CMakeLists.txt). There are no ifuncs, so sanitizers see every variant as ordinary code.
// Threads: any; the functions keep no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memo {

// bf16 is the upper half of an f32, rounded to nearest even.
using Bf16 = std::uint16_t;

enum class MapEncoding : std::uint32_t { u8 = 0, f16 = 1, f32 = 2 };

// How a row of a map is kept:
//   f16, f32  probability = element * scale
//   u8        the same, except for the row's largest element, its peak, which is kept separately as an f32: at its
//             place the byte is 0, and 255 is the second largest. The difference of peak and bytes to 1 is spread
//             evenly over the row.
// Attention is peaked: where one token has nine tenths of a row, bytes scaled by it would lose the other elements.
struct RowWeights {
  float scale = 0;
  float peak = 0;
  std::uint16_t place = 0;
};

// Where to keep the map that a head computes. null rows: it is not kept.
struct KeptMap {
  std::byte* rows = nullptr;        // [length, row_stride]
  std::size_t row_stride = 0;       // bytes
  float* scales = nullptr;          // [length]
  float* peaks = nullptr;           // [length]; with u8
  std::uint16_t* places = nullptr;  // [length]; with u8
  MapEncoding encoding = MapEncoding::u8;
};
constexpr std::uint32_t kMaxMapLength = 65536;  // so that a place fits into 16 bits

// Position terms of scores, by distance query - key, from 1 - longest to longest - 1. null: the term does not
// exist. Those of disentangled attention are packed tables: f32 [head_dim, stride]; bf16 [head_dim / 2, stride,
// 2]. The column of a distance lies kTablePadding columns behind the one that is named here.
struct PositionTables {
  const void* keys = nullptr;     // by distance descending: column longest - 1 - distance
  const void* queries = nullptr;  // by distance ascending: column distance + longest - 1
  const float* biases = nullptr;  // [stride] in the order of keys, each added to a score before that is scaled
  std::size_t stride = 0;         // columns, at least 2 * longest - 1 + 2 * kTablePadding
  std::uint32_t longest = 0;
};
constexpr std::size_t kTablePadding = 64;  // columns of zeros before and behind a table, which a kernel may read

// One head of one sequence. T is float or Bf16.
// Shapes: query, key, value [length, head_dim], rows `stride` elements apart (bf16: an even number, and each
//         begins at a multiple of four bytes); context: rows context_stride elements apart, any number. Rows
//         first_row .. first_row + rows of the context are written.
struct AttentionHead {
  const void* query = nullptr;
  const void* key = nullptr;
  const void* value = nullptr;
  std::size_t stride = 0;
  void* context = nullptr;
  std::size_t context_stride = 0;
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;  // a multiple of 2, at most kMaxHeadDim
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  float scale = 1;      // of the scores
  bool causal = false;  // a token sees itself and those before it
  KeptMap kept;
  PositionTables positions;
  std::byte* scratch = nullptr;  // 64-byte aligned, attention_scratch_bytes()
};
constexpr std::uint32_t kMaxHeadDim = 256;

// One head of a stored map, where it lies.
// Shapes: map [stored_length, map_stride] of which [length, length] counts.
struct StoredHead {
  const std::byte* map = nullptr;
  std::size_t map_stride = 0;     // bytes of whole groups of 16 elements, all readable
  const float* scales = nullptr;  // [length]
  const float* peaks = nullptr;   // [length]; with u8
  const std::uint16_t* places =
      nullptr;               // [length]; with u8. Any numbers: a place outside of the sequence is ignored
  bool renormalize = false;  // the map is cropped: what is left of a row is scaled to sum to 1
  MapEncoding encoding = MapEncoding::u8;
};

// The values that maps are multiplied with, and the place of the result.
// Shapes: as AttentionHead.
struct MapProduct {
  const void* value = nullptr;
  std::size_t stride = 0;
  void* context = nullptr;
  std::size_t context_stride = 0;
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  bool causal = false;           // elements behind the diagonal are zero and need not be read
  std::byte* scratch = nullptr;  // as AttentionHead's
};

// One head of a stored map, multiplied with the values in place of a computed one.
struct MapHead : StoredHead, MapProduct {};

// The same with a blend of maps, sum of weights[i] * maps[i]: rows are blended in f32 as they are read, a few at a
// time, and then multiplied once. Each map is cropped and renormalized separately.
struct BlendHead : MapProduct {
  const StoredHead* maps = nullptr;  // [count], of one encoding
  const float* weights = nullptr;    // [count], finite
  std::uint32_t count = 0;           // 1 .. kMaxBlendedMaps
};
constexpr std::uint32_t kMaxBlendedMaps = 16;

// Bytes of scratch memory that each kernel needs for a head of this size.
std::size_t attention_scratch_bytes(std::uint32_t length, std::uint32_t head_dim);

// x [rows, width] f32 -> (x - mean) / deviation * weight + bias, to `normalized` (may be x; null: not written)
// and, rounded, to `rounded` (null: not written).
struct NormRows {
  const float* x = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float* normalized = nullptr;
  Bf16* rounded = nullptr;
  std::size_t rows = 0;
  std::size_t width = 0;
  float epsilon = 0;
};

// A row of numbers as levels: x = least + step * level.
struct LevelScale {
  float least = 0;
  float step = 0;
};

// How a variant keeps rows of levels and the weights that they are multiplied by. Sums of products are of 32 bits, and
// wrap around: whoever chooses levels and weights sees to it that they cannot.
struct IntegerFormat {
  std::uint32_t columns = 0;        // of a panel of weights
  std::uint32_t per_unit = 0;       // elements of a row that are multiplied in one step
  std::uint32_t level_bytes = 0;    // 1: u8; 2: s16 without negative ones
  std::uint32_t weight_bytes = 0;   // 1: s8; 2: s16
  std::uint32_t largest_level = 0;  // that products take
  std::uint32_t largest_weight = 0;
};

// x [rows, width] f32 -> levels [rows, stride], of which those from width up to the next multiple of 64 bytes become
// 0, and scales [rows]. A row's levels depend on that row alone. A row that is not finite gets a scale that is not.
struct LevelRows {
  const float* x = nullptr;
  std::size_t rows = 0;
  std::size_t width = 0;
  std::uint32_t largest = 0;  // level: of the row's largest element
  std::byte* levels = nullptr;
  std::size_t stride = 0;  // bytes, a multiple of 64
  LevelScale* scales = nullptr;
};

// y = x W^T + b, or y += x W^T + b, of rows of levels. Panels of weights are [units, columns, per_unit], columns of one
// output each, padded with zeros; scales, sums and biases reach to the end of the last panel.
struct IntegerProduct {
  const std::byte* levels = nullptr;  // as LevelRows wrote them
  std::size_t stride = 0;
  const LevelScale* level_scales = nullptr;
  std::size_t rows = 0;
  std::size_t units = 0;               // of a row: its width / per_unit, rounded up
  const std::byte* weights = nullptr;  // panels
  const float* scales = nullptr;       // [out]: weight = scale * integer
  const float* sums = nullptr;         // [out]: of an output's weights
  const float* biases = nullptr;       // [out]
  float* y = nullptr;                  // [rows, out]
  std::size_t out = 0;
  bool add = false;
};

// Products in integers. The format is zero, and the functions are null, where a variant has none.
struct IntegerKernels {
  IntegerFormat format;
  void (*make_levels)(const LevelRows& rows) = nullptr;
  void (*multiply)(const IntegerProduct& product) = nullptr;
};

struct TableSize {
  std::uint32_t segments = 0;      // at most 16
  std::uint32_t coefficients = 0;  // at most 6
};
constexpr float kBelowEnd =
    1e-5f;  // segments between the largest x that is told apart and the end of the last one

// An activation x/2 + |x| f(|x|), where f is smooth and reaches 1/2: the two forms of GELU are. f is a polynomial in
// each segment: of t = x / width - segment - 1/2.
struct ActivationTable {
  float coefficients[6][16];  // ascending powers, of each segment
  float inverse_width;        // segments a unit of x; the last one serves all larger x
};

struct Kernels {
  const char*
      name;   // "avx512_bf16", "avx512_emulated_bf16", "avx512_vnni", "avx512", "avx2_vnni", "avx2_evex_vnni",
              // "avx2" or "baseline"
  bool bf16;  // whether the bf16 functions exist
  void (*attention_f32)(const AttentionHead& head);
  void (*attention_bf16)(const AttentionHead& head);
  void (*map_f32)(const MapHead& head);
  void (*map_bf16)(const MapHead& head);
  void (*blend_f32)(const BlendHead& head);
  void (*blend_bf16)(const BlendHead& head);
  void (*norm)(const NormRows& rows);
  TableSize table;  // which the next two take
  // In place. null where the variant has no fast table lookup.
  void (*activate_f32)(const ActivationTable& table, float* x, std::size_t count);
  void (*activate_bf16)(const ActivationTable& table, Bf16* x, std::size_t count);
  // sums [width] += x [width]
  void (*add)(const float* x, float* sums, std::size_t width);
  void (*round)(const float* x, Bf16* rounded, std::size_t count);
  IntegerKernels s8;
  IntegerKernels s16;
  // Quantizes row [length] to u8 [length] and its weights; their sum is 1, with nothing left to spread. A row
  // without a positive finite maximum becomes zeros, with weights 0; a NaN or negative element becomes 0.
  RowWeights (*encode_row)(const float* row, std::uint32_t length, std::uint8_t* encoded);
};

// The variants that this CPU runs, fastest first; never empty.
std::vector<const Kernels*> supported_kernels();
// The fastest of them.
const Kernels& best_kernels();

}  // namespace memo
