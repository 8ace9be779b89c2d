// What the kernels of stored maps are tested with: random maps, their definition in double, and runs in guarded memory.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/model/kernels/reference.h"

namespace memo {

struct MapCase {
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;
  MapEncoding encoding = MapEncoding::u8;
  bool causal = false;
  std::uint32_t stored_length = 0;  // 0: length; more: the map is cropped
  std::uint32_t seed = 0;           // of the map's elements
};

inline std::string description(const MapCase& what) {
  return std::string(name_of(what.encoding)) + " length " + std::to_string(what.length) + " of " +
         std::to_string(what.stored_length) + " head_dim " + std::to_string(what.head_dim) +
         (what.causal ? " causal" : "");
}

// A stored map of random elements, whose last byte is followed by nothing, and the weights of its rows.
class RandomMap {
 public:
  explicit RandomMap(const MapCase& what)
      : stored_length(std::max(what.length, what.stored_length)),
        stride((stored_length + 15) / 16 * 16 * bytes_of(what.encoding)),
        scales(stored_length),
        peaks(stored_length),
        places(stored_length),
        encoding_(what.encoding),
        rows_(stored_length * stride) {
    std::mt19937 random(what.length * 31 + what.head_dim + 7919 * what.seed);
    for (std::size_t row = 0; row < stored_length; ++row) {
      const std::size_t seen = what.causal ? row + 1 : stored_length;
      double sum = 0;
      for (std::size_t i = 0; i < seen; ++i) sum += set(row, i, random);
      scales[row] = sum > 0 ? static_cast<float>(1 / sum) : 0;
      if (encoding_ == MapEncoding::u8) set_peak(row, seen, what.causal, random);
    }
  }

  // What the row says of token i, before anything is spread or scaled.
  double element(std::size_t row, std::size_t i) {
    const double stored = stored_element(this->row(row), encoding_, i);
    if (encoding_ != MapEncoding::u8) return stored * scales[row];
    return stored * scales[row] + (places[row] == i ? peaks[row] : 0);
  }
  std::byte* row(std::size_t row) { return rows_.data() + row * stride; }

  const std::uint32_t stored_length;
  const std::size_t stride;
  std::vector<float> scales;
  std::vector<float> peaks;
  std::vector<std::uint16_t> places;

 private:
  // A peak of 0 to 3/4, and up to a tenth of the row that nobody has; a causal row is whole.
  void set_peak(std::size_t row, std::size_t seen, bool causal, std::mt19937& random) {
    const float rest = causal ? 1.0f : 1.0f - 0.02f * static_cast<float>(random() % 6);
    places[row] = static_cast<std::uint16_t>(random() % seen);
    *(this->row(row) + places[row]) = std::byte{0};
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < seen; ++i) sum += static_cast<std::uint32_t>(*(this->row(row) + i));
    peaks[row] = sum > 0 ? 0.25f * static_cast<float>(random() % 4) * rest : rest;
    scales[row] = sum > 0 ? (rest - peaks[row]) / static_cast<float>(sum) : 0;
  }

  // Mostly small elements, every value of u8 among them; returns what was stored.
  double set(std::size_t row, std::size_t i, std::mt19937& random) {
    const std::uint32_t bits = random();
    const std::uint32_t byte = bits % 4 == 0 ? bits >> 8 & 255 : bits >> 8 & 15;
    std::byte* place = this->row(row) + i * bytes_of(encoding_);
    if (encoding_ == MapEncoding::u8) {
      *place = static_cast<std::byte>(byte);
    } else if (encoding_ == MapEncoding::f16) {
      // Up to 1, subnormal numbers among them.
      const auto half = static_cast<std::uint16_t>(byte == 255 ? 0x3c00 : byte * 60 + (bits >> 16 & 31));
      std::memcpy(place, &half, sizeof(half));
    } else {
      const float single = static_cast<float>(byte) / 255.0f;
      std::memcpy(place, &single, sizeof(single));
    }
    return stored_element(this->row(row), encoding_, i);
  }

  const MapEncoding encoding_;
  PageEndMemory rows_;
};

// [length, length] probabilities: the definition, in double.
inline Matrix probabilities(const MapCase& what, RandomMap& map) {
  const bool cropped = map.stored_length > what.length && !what.causal;
  Matrix result(what.length, what.length);
  for (std::size_t row = 0; row < what.length; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < what.length; ++i) sum += map.element(row, i);
    const double scale = !cropped ? 1 : sum > 0 ? 1 / sum : 0;
    // Of a u8 row that is whole, what it lacks is spread over all tokens.
    const bool spread = what.encoding == MapEncoding::u8 && !cropped && !what.causal && sum > 0;
    const double share = spread ? (1 - sum) / what.length : 0;
    for (std::size_t i = 0; i < what.length; ++i) result(row, i) = map.element(row, i) * scale + share;
  }
  return result;
}

// The rows of a causal map are whole, whatever is cut off.
inline void point_at(const MapCase& what, RandomMap& map, StoredHead* head) {
  head->map = map.row(0);
  head->map_stride = map.stride;
  head->scales = map.scales.data();
  head->peaks = map.peaks.data();
  head->places = map.places.data();
  head->renormalize = map.stored_length != what.length && !what.causal;
  head->encoding = what.encoding;
}

inline void run_kernel(const Kernels& kernels, const MapHead& head, bool bf16) {
  (bf16 ? kernels.map_bf16 : kernels.map_f32)(head);
}
inline void run_kernel(const Kernels& kernels, const BlendHead& head, bool bf16) {
  (bf16 ? kernels.blend_bf16 : kernels.blend_f32)(head);
}

// A product with values: the second of two heads' in a row; NaN in the first. Head is MapHead or BlendHead.
template <typename Element, typename Head>
class ProductRun {
 public:
  ProductRun(const MapCase& what, const Matrix& values)
      : case_(what),
        values_(what.length * stride() * sizeof(Element)),
        context_(what.length * context_stride() * sizeof(Element)),
        scratch_(attention_scratch_bytes(what.length, what.head_dim)) {
    auto* elements = values_.template as<Element>();
    std::fill_n(elements, what.length * stride(), element_of<Element>(NAN));
    for (std::size_t row = 0; row < what.length; ++row)
      for (std::size_t d = 0; d < what.head_dim; ++d)
        elements[row * stride() + what.head_dim + d] = element_of<Element>(values(row, d));
    head.value = elements + what.head_dim;
    head.stride = stride();
    head.context = context_.data();
    head.context_stride = context_stride();
    head.length = what.length;
    head.head_dim = what.head_dim;
    head.rows = what.length;
    head.causal = what.causal;
    head.scratch = scratch_.data();
  }

  void run(const Kernels& kernels) {
    run_kernel(kernels, head, sizeof(Element) == sizeof(Bf16));
    EXPECT_TRUE(scratch_.guards_intact());
    EXPECT_TRUE(context_.guards_intact());
  }

  double context(std::size_t row, std::size_t d) const {
    return value_of(reinterpret_cast<const Element*>(context_.data())[row * context_stride() + d]);
  }

  // Error relative to the largest value of a column, by which values may be quantized.
  void expect_context(const Matrix& map, const Matrix& values, double tolerance) const {
    const Matrix expected = product(map, values);
    const std::vector<double> largest = largest_of_columns(values);
    for (std::size_t row = 0; row < case_.length; ++row) {
      const bool written = row >= head.first_row && row < head.first_row + head.rows;
      const std::size_t columns = written ? case_.head_dim : 0;
      for (std::size_t d = 0; d < columns; ++d)
        ASSERT_NEAR(context(row, d), expected(row, d), tolerance * largest[d]) << "row " << row << " column " << d;
      ASSERT_TRUE(context_.untouched((row * context_stride() + columns) * sizeof(Element),
                                     (context_stride() - columns) * sizeof(Element)))
          << "row " << row;
    }
  }

  Head head;

 private:
  std::size_t stride() const { return std::size_t{2} * case_.head_dim; }
  std::size_t context_stride() const { return case_.head_dim + 3; }

  static std::vector<double> largest_of_columns(const Matrix& values) {
    std::vector<double> largest(values.columns);
    for (std::size_t k = 0; k < values.rows; ++k)
      for (std::size_t d = 0; d < values.columns; ++d) largest[d] = std::max(largest[d], std::abs(values(k, d)));
    return largest;
  }

  const MapCase case_;
  PageEndMemory values_;
  GuardedMemory context_;
  GuardedMemory scratch_;
};

}  // namespace memo
