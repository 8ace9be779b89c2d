#include "model/tuning/training/map_pairs.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "client/cpu/instruction_set.h"

namespace memo {
namespace {

constexpr std::size_t kTile = 16;        // texts, on each side
constexpr std::size_t kRowsAtOnce = 32;  // of 32 texts, these stay in the L2 cache

// Sum of the minima of two maps' elements over `rows` rows, each of sum at most 65535. Shapes: a, b [rows, width]
[[gnu::always_inline]] inline std::uint64_t sum_of_minima(const std::uint16_t* __restrict a,
                                                          const std::uint16_t* __restrict b, std::size_t rows,
                                                          std::size_t width) {
  std::uint32_t total[32] = {};
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint16_t lanes[32] = {};
    for (std::size_t i = 0; i < width; i += 32)
      for (std::size_t lane = 0; lane < 32; ++lane) {
        const std::uint16_t x = a[row * width + i + lane];
        const std::uint16_t y = b[row * width + i + lane];
        lanes[lane] = static_cast<std::uint16_t>(lanes[lane] + (x < y ? x : y));
      }
    for (std::size_t lane = 0; lane < 32; ++lane) total[lane] += lanes[lane];
  }
  std::uint64_t sum = 0;
  for (const std::uint32_t lane : total) sum += lane;
  return sum;
}

// Sum of the minima of a row of a shorter text's map, a, and of a longer one's, b, cropped to `length`.
[[gnu::always_inline]] inline float sum_of_cropped_row(const std::uint16_t* __restrict a,
                                                       const std::uint16_t* __restrict b, std::size_t length,
                                                       std::size_t width) {
  std::uint32_t whole = 0;
  for (std::size_t i = 0; i < length; ++i) whole += b[i];
  const float scale = kWholeRow / static_cast<float>(std::max(whole, 1u));
  float minima[16] = {};  // columns from `length` on are zero in a
  for (std::size_t i = 0; i < width; i += 16)
    for (std::size_t lane = 0; lane < 16; ++lane) {
      const float x = static_cast<float>(a[i + lane]);
      const float y = scale * static_cast<float>(b[i + lane]);
      minima[lane] += x < y ? x : y;
    }
  float sum = 0;
  for (const float lane : minima) sum += lane;
  return sum;
}

// Sum over heads and rows.
[[gnu::always_inline]] inline double sum_of_cropped(const MapRows& maps, std::size_t shorter, std::size_t longer) {
  const std::size_t length = maps.lengths[shorter];
  double sum = 0;
  for (std::size_t head = 0; head < maps.heads; ++head)
    for (std::size_t row = 0; row < maps.rows_of(shorter); ++row) {
      const std::size_t offset = (head * maps.rows + row) * maps.width;
      sum += sum_of_cropped_row(maps.of(shorter) + offset, maps.of(longer) + offset, length, maps.width);
    }
  return sum;
}

using SumOfCropped = double (*)(const MapRows&, std::size_t, std::size_t);
using SumOfMinima = std::uint64_t (*)(const std::uint16_t*, const std::uint16_t*, std::size_t, std::size_t);

std::uint64_t sum_of_minima_portable(const std::uint16_t* a, const std::uint16_t* b, std::size_t rows,
                                     std::size_t width) {
  return sum_of_minima(a, b, rows, width);
}
double sum_of_cropped_portable(const MapRows& maps, std::size_t shorter, std::size_t longer) {
  return sum_of_cropped(maps, shorter, longer);
}
#if defined(__x86_64__)
[[gnu::target("avx2"), gnu::optimize("O3")]] double sum_of_cropped_avx2(const MapRows& maps, std::size_t shorter,
                                                                        std::size_t longer) {
  return sum_of_cropped(maps, shorter, longer);
}
[[gnu::target("avx2"), gnu::optimize("O3")]] std::uint64_t sum_of_minima_avx2(const std::uint16_t* a,
                                                                              const std::uint16_t* b,
                                                                              std::size_t rows,
                                                                              std::size_t width) {
  return sum_of_minima(a, b, rows, width);
}
#endif

struct SimilarityKernels {
  SumOfMinima same_length;
  SumOfCropped cropped;
};

SimilarityKernels similarity_kernels() {
#if defined(__x86_64__)
  if (can_use(InstructionSet::avx2)) return {sum_of_minima_avx2, sum_of_cropped_avx2};
#endif
  return {sum_of_minima_portable, sum_of_cropped_portable};
}

struct Tile {
  std::size_t row, column;  // the first text of each side
};

// Adds the sums of minima of each pair of texts of equal length to sums [kTile][kTile].
void add_tile(const MapRows& maps, Tile tile, SumOfMinima kernel, std::uint64_t* sums) {
  const std::size_t row_end = std::min(tile.row + kTile, maps.texts);
  const std::size_t column_end = std::min(tile.column + kTile, maps.texts);
  const std::size_t all_rows = maps.heads * maps.rows;
  for (std::size_t first = 0; first < all_rows; first += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, all_rows - first);
    for (std::size_t i = tile.row; i < row_end; ++i)
      for (std::size_t j = std::max(i, tile.column); j < column_end; ++j)
        if (maps.lengths[i] == maps.lengths[j])
          sums[(i - tile.row) * kTile + j - tile.column] +=
              kernel(maps.of(i) + first * maps.width, maps.of(j) + first * maps.width, rows, maps.width);
  }
}

void finish_tile(const MapRows& maps, Tile tile, const std::uint64_t* sums, SumOfCropped cropped,
                 float* similarity) {
  for (std::size_t i = tile.row; i < std::min(tile.row + kTile, maps.texts); ++i)
    for (std::size_t j = std::max(i, tile.column); j < std::min(tile.column + kTile, maps.texts); ++j) {
      const bool same = maps.lengths[i] == maps.lengths[j];
      const std::size_t shorter = maps.lengths[i] <= maps.lengths[j] ? i : j;
      const std::size_t longer = shorter == i ? j : i;
      const double rows = static_cast<double>(std::max<std::size_t>(maps.heads * maps.rows_of(shorter), 1));
      const double sum = same ? static_cast<double>(sums[(i - tile.row) * kTile + j - tile.column])
                              : cropped(maps, shorter, longer);
      similarity[shorter * maps.texts + longer] = static_cast<float>(sum / kWholeRow / rows);
      similarity[longer * maps.texts + shorter] = same ? similarity[shorter * maps.texts + longer] : kNoMap;
    }
}

}  // namespace

void quantize_row(std::span<const float> row, std::span<std::uint16_t> target) {
  assert(row.size() <= target.size());
  float sum = 0;
  std::uint32_t before = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    sum += std::max(row[i], 0.0f);
    const auto now = static_cast<std::uint32_t>(std::min(sum, 1.0f) * kWholeRow);
    target[i] = static_cast<std::uint16_t>(now - before);
    before = now;
  }
  std::fill(target.begin() + static_cast<std::ptrdiff_t>(row.size()), target.end(), std::uint16_t{0});
}

void pair_similarities(const MapRows& maps, float* similarity) {
  assert(maps.width % 32 == 0 && maps.lengths.size() == maps.texts);
  const SimilarityKernels kernels = similarity_kernels();
  const std::size_t tiles = (maps.texts + kTile - 1) / kTile;
  oneapi::tbb::parallel_for(std::size_t{0}, tiles, [&](std::size_t row) {
    for (std::size_t column = row; column < tiles; ++column) {
      const Tile tile{row * kTile, column * kTile};
      std::uint64_t sums[kTile * kTile] = {};
      add_tile(maps, tile, kernels.same_length, sums);
      finish_tile(maps, tile, sums, kernels.cropped, similarity);
    }
  });
}

}  // namespace memo
