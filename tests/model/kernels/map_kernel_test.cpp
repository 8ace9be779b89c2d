#include <gtest/gtest.h>

#include <tuple>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

struct MapCase {
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;
  MapEncoding encoding = MapEncoding::u8;
  bool causal = false;
  std::uint32_t stored_length = 0;  // 0: length; more: the map is cropped
};

std::string description(const MapCase& what) {
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
    std::mt19937 random(what.length * 31 + what.head_dim);
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
Matrix probabilities(const MapCase& what, RandomMap& map) {
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

// The second of two heads' values in a row; NaN in the first.
template <typename Element>
class MapRun {
 public:
  MapRun(const MapCase& what, RandomMap& map, const Matrix& values)
      : case_(what),
        values_(what.length * stride() * sizeof(Element)),
        context_(what.length * context_stride() * sizeof(Element)),
        scratch_(attention_scratch_bytes(what.length, what.head_dim)) {
    auto* elements = values_.template as<Element>();
    std::fill_n(elements, what.length * stride(), element_of<Element>(NAN));
    for (std::size_t row = 0; row < what.length; ++row)
      for (std::size_t d = 0; d < what.head_dim; ++d)
        elements[row * stride() + what.head_dim + d] = element_of<Element>(values(row, d));
    head.map = map.row(0);
    head.map_stride = map.stride;
    head.scales = map.scales.data();
    head.peaks = map.peaks.data();
    head.places = map.places.data();
    // The rows of a causal map are whole, whatever is cut off.
    head.renormalize = map.stored_length != what.length && !what.causal;
    head.encoding = what.encoding;
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
    (sizeof(Element) == sizeof(float) ? kernels.map_f32 : kernels.map_bf16)(head);
    EXPECT_TRUE(scratch_.guards_intact());
    EXPECT_TRUE(context_.guards_intact());
  }

  double context(std::size_t row, std::size_t d) const {
    return value_of(reinterpret_cast<const Element*>(context_.data())[row * context_stride() + d]);
  }

  // Error relative to the largest value of a column, by which values may be quantized.
  void expect_context(const Matrix& map, const Matrix& values) const {
    const Matrix expected = product(map, values);
    const std::vector<double> largest = largest_of_columns(values);
    for (std::size_t row = 0; row < case_.length; ++row) {
      const bool written = row >= head.first_row && row < head.first_row + head.rows;
      const std::size_t columns = written ? case_.head_dim : 0;
      for (std::size_t d = 0; d < columns; ++d)
        ASSERT_NEAR(context(row, d), expected(row, d), tolerance() * largest[d])
            << "row " << row << " column " << d;
      ASSERT_TRUE(context_.untouched((row * context_stride() + columns) * sizeof(Element),
                                     (context_stride() - columns) * sizeof(Element)))
          << "row " << row;
    }
  }

  MapHead head;

 private:
  std::size_t stride() const { return std::size_t{2} * case_.head_dim; }
  std::size_t context_stride() const { return case_.head_dim + 3; }
  // Values against a u8 map may be rounded to s8: by half of a 127th of their distance from the column's mean, which is at
  // most twice the column's largest. A bf16 context is rounded once more.
  double tolerance() const {
    const double step = case_.encoding == MapEncoding::u8 ? 1.0 / 127 + 1e-5 : 2e-6;
    return sizeof(Element) == sizeof(Bf16) ? 1e-2 + step / 2 : step;
  }

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

struct Range {
  std::uint32_t first_row;
  std::uint32_t rows;
};

template <typename Element>
void expect_product(const MapCase& what, RandomMap& map, const Matrix& values, std::span<const Range> ranges) {
  const Matrix expected = probabilities(what, map);
  for (const Kernels* variant : kernels_for<Element>())
    for (const Range& range : ranges) {
      SCOPED_TRACE(testing::Message() << variant->name << (sizeof(Element) == 4 ? " f32 " : " bf16 ")
                                      << description(what) << " rows " << range.first_row << " + " << range.rows);
      MapRun<Element> sut(what, map, values);
      sut.head.first_row = range.first_row;
      sut.head.rows = range.rows;
      sut.run(*variant);
      sut.expect_context(expected, values);
      if (testing::Test::HasFatalFailure()) return;
    }
}

template <typename Element>
void expect_product_of_random(const MapCase& what, std::span<const Range> ranges) {
  RandomMap map(what);
  std::mt19937 random(what.length + what.head_dim);
  const Matrix values = random_matrix<Element>(what.length, what.head_dim, random);
  expect_product<Element>(what, map, values, ranges);
}

void expect_products(const MapCase& what, std::span<const Range> ranges) {
  expect_product_of_random<float>(what, ranges);
  expect_product_of_random<Bf16>(what, ranges);
}

class MapKernel : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {
 protected:
  std::uint32_t length() const { return std::get<0>(GetParam()); }
  MapEncoding encoding() const { return std::get<1>(GetParam()); }
  std::vector<Range> ranges() const {
    const std::uint32_t third = length() / 3;
    std::vector<Range> ranges = {{0, length()}, {length() - 1, 1}, {third, length() - third}};
    if (third > 0) ranges.push_back({third, third});
    return ranges;
  }
};

TEST_P(MapKernel, ContextIsMapTimesValues) {
  const Range all[] = {{0, length()}};
  for (const std::uint32_t head_dim : {2, 6, 16, 24, 32, 64, 128})
    expect_products({length(), head_dim, encoding()}, all);
}

TEST_P(MapKernel, RowsOfACroppedMapAreRenormalized) {
  for (const std::uint32_t more : {1, 5, 16, 40})
    expect_products({length(), 24, encoding(), false, length() + more}, ranges());
}

TEST_P(MapKernel, WritesOnlyTheRowsAskedFor) {
  expect_products({length(), 32, encoding()}, ranges());
}

TEST_P(MapKernel, CausalMapKeepsItsScalesWholeOrCropped) {
  expect_products({length(), 24, encoding(), true}, ranges());
  expect_products({length(), 24, encoding(), true, length() + 7}, ranges());
}

TEST_P(MapKernel, ValuesOfAnySizeAreMultiplied) {
  const MapCase what{length(), 24, encoding()};
  const Range all[] = {{0, length()}};
  RandomMap map(what);
  std::mt19937 random(3);
  // Columns of zeros, of numbers around 1e20 and 1e-20, and of one large number among small ones.
  const auto scaled = [&](Matrix values) {
    for (std::size_t k = 0; k < values.rows; ++k) {
      values(k, 0) = 0;
      values(k, 1) *= std::ldexp(1, 66);
      values(k, 17) *= std::ldexp(1, -66);
      values(k, 23) = k == values.rows / 2 ? 1e6 : values(k, 23);
    }
    return values;
  };
  expect_product<float>(what, map, scaled(random_matrix<float>(length(), 24, random)), all);
  expect_product<Bf16>(what, map, scaled(random_matrix<Bf16>(length(), 24, random)), all);
  expect_product<float>(what, map, Matrix(length(), 24), all);
  expect_product<Bf16>(what, map, Matrix(length(), 24), all);
}

TEST_P(MapKernel, RowsOfNothingGiveZeros) {
  const MapCase what{length(), 16, encoding()};
  RandomMap map(what);
  std::memset(map.row(length() / 2), 0, map.stride);
  map.scales[length() / 2] = map.peaks[length() / 2] = 0;
  std::mt19937 random(3);
  const Matrix values = random_matrix<float>(length(), 16, random);
  for (const bool renormalize : {false, true})
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(variant->name);
      MapRun<float> sut(what, map, values);
      sut.head.renormalize = renormalize;
      sut.run(*variant);
      for (std::size_t d = 0; d < 16; ++d) ASSERT_EQ(sut.context(length() / 2, d), 0) << d;
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, MapKernel,
                         testing::Combine(testing::Values(1u, 2u, 3u, 5u, 7u, 8u, 9u, 31u, 33u, 64u, 127u, 130u,
                                                          257u),
                                          testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32)),
                         [](const auto& what) {
                           return std::to_string(std::get<0>(what.param)) + "_" + name_of(std::get<1>(what.param));
                         });

class MapKernelEncoding : public testing::TestWithParam<MapEncoding> {};

TEST_P(MapKernelEncoding, TakesTheLargestHeads) {
  for (const std::uint32_t head_dim : {34u, 254u, kMaxHeadDim})
    for (const std::uint32_t length : {1u, 5u, 66u}) {
      const Range all[] = {{0, length}};
      expect_products({length, head_dim, GetParam()}, all);
    }
}

TEST_P(MapKernelEncoding, TakesLongSequences) {
  const Range some[] = {{0, 9}, {1000, 30}};
  expect_products({1030, 16, GetParam()}, some);
}

// Every row is the largest that can be stored, and so is every value: sums must not overflow.
TEST_P(MapKernelEncoding, FullRowsTimesEqualValuesGiveThatValue) {
  const MapCase what{600, 16, GetParam()};
  RandomMap map(what);
  for (std::size_t row = 0; row < what.length; ++row) {
    std::memset(map.row(row), GetParam() == MapEncoding::u8 ? 255 : 0, map.stride);
    for (std::size_t i = 0; i < what.length; ++i) {
      constexpr std::uint16_t kHalfOne = 0x3c00;
      constexpr float kOne = 1;
      if (GetParam() == MapEncoding::f16) std::memcpy(map.row(row) + 2 * i, &kHalfOne, 2);
      if (GetParam() == MapEncoding::f32) std::memcpy(map.row(row) + 4 * i, &kOne, 4);
    }
    map.scales[row] = 1 / (600.0f * (GetParam() == MapEncoding::u8 ? 255.0f : 1.0f));
    map.peaks[row] = 0;
  }
  Matrix values(what.length, 16);
  for (double& value : values.elements) value = -3;
  const Range some[] = {{0, 3}, {595, 5}};
  expect_product<float>(what, map, values, some);
  expect_product<Bf16>(what, map, values, some);
}

// A pool may hold anything: a place outside of the sequence is no reason to read there.
TEST(MapKernelU8, APlaceOutsideOfTheSequenceIsIgnored) {
  for (const std::uint32_t length : {1u, 8u, 33u}) {
    const MapCase what{length, 16, MapEncoding::u8};
    RandomMap map(what);
    map.places.assign(length, 65535);
    map.scales.assign(length, 0);
    std::mt19937 random(3);
    const Matrix values = random_matrix<float>(length, 16, random);
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(variant->name);
      MapRun<float> sut(what, map, values);
      sut.run(*variant);
      for (std::size_t d = 0; d < 16; ++d) ASSERT_EQ(sut.context(length / 2, d), 0) << d;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Encodings, MapKernelEncoding,
                         testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32),
                         [](const auto& what) { return name_of(what.param); });

}  // namespace
}  // namespace memo
