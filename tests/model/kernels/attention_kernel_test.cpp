#include <gtest/gtest.h>

#include <optional>
#include <tuple>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

struct HeadCase {
  std::uint32_t length = 0;
  std::uint32_t head_dim = 0;
  bool causal = false;
  bool position_keys = false;
  bool position_queries = false;
  std::uint32_t longest = 0;
  bool biases = false;
};

// The numbers of a head, each as an Element represents it.
template <typename Element>
struct HeadNumbers {
  HeadNumbers(const HeadCase& what, std::mt19937& random)
      : query(random_matrix<Element>(what.length, what.head_dim, random)),
        key(random_matrix<Element>(what.length, what.head_dim, random)),
        value(random_matrix<Element>(what.length, what.head_dim, random)),
        position_keys(random_matrix<Element>(what.longest * 2, what.head_dim, random)),
        position_queries(random_matrix<Element>(what.longest * 2, what.head_dim, random)),
        biases(random_matrix<float>(what.longest * 2, 1, random)),
        scale(1 / std::sqrt(what.head_dim * (1.0 + what.position_keys + what.position_queries))) {}

  Matrix query;
  Matrix key;
  Matrix value;
  Matrix position_keys;  // row distance + longest - 1
  Matrix position_queries;
  Matrix biases;
  double scale;
};

double dot(const Matrix& a, std::size_t a_row, const Matrix& b, std::size_t b_row) {
  double sum = 0;
  for (std::size_t d = 0; d < a.columns; ++d) sum += a(a_row, d) * b(b_row, d);
  return sum;
}

// The definition.
template <typename Element>
Matrix map_of(const HeadCase& what, const HeadNumbers<Element>& numbers) {
  Matrix scores(what.length, what.length);
  for (std::size_t i = 0; i < what.length; ++i)
    for (std::size_t j = 0; j < what.length; ++j) {
      const std::size_t distance = i + what.longest - 1 - j;
      double score = dot(numbers.query, i, numbers.key, j);
      if (what.position_keys) score += dot(numbers.query, i, numbers.position_keys, distance);
      if (what.position_queries) score += dot(numbers.key, j, numbers.position_queries, distance);
      if (what.biases) score += numbers.biases(distance, 0);
      scores(i, j) = score * numbers.scale;
    }
  return softmax(std::move(scores), what.causal);
}

// A position table as the kernels read it, in memory that ends with it.
template <typename Element>
class PackedTable {
 public:
  PackedTable(const Matrix& rows, std::uint32_t longest, bool descending)
      : stride_(2 * std::size_t{longest} - 1 + 2 * kTablePadding), elements_(stride_ * rows.columns) {
    constexpr std::size_t kPerUnit = 4 / sizeof(Element);
    for (std::size_t place = 0; place + 1 < 2 * std::size_t{longest}; ++place) {
      const std::size_t column = kTablePadding + (descending ? 2 * longest - 2 - place : place);
      for (std::size_t d = 0; d < rows.columns; ++d)
        elements_[(d / kPerUnit * stride_ + column) * kPerUnit + d % kPerUnit] =
            element_of<Element>(rows(place, d));
    }
  }
  std::size_t stride() const { return stride_; }
  const void* data() const { return elements_.data(); }

 private:
  std::size_t stride_;
  std::vector<Element> elements_;
};

// One head among two in a QKV buffer. What belongs to the other head is NaN, so that using it shows.
template <typename Element>
class HeadRun {
 public:
  HeadRun(const HeadCase& what, const HeadNumbers<Element>& numbers)
      : case_(what),
        qkv_(what.length * stride() * sizeof(Element)),
        context_(what.length * context_stride() * sizeof(Element)),
        scratch_(attention_scratch_bytes(what.length, what.head_dim)) {
    std::fill_n(qkv_.template as<Element>(), what.length * stride(), element_of<Element>(NAN));
    head.query = place(numbers.query, 1);
    head.key = place(numbers.key, 3);
    head.value = place(numbers.value, 5);
    head.stride = stride();
    head.context = context_.data();
    head.context_stride = context_stride();
    head.length = what.length;
    head.head_dim = what.head_dim;
    head.rows = what.length;
    head.scale = static_cast<float>(numbers.scale);
    head.causal = what.causal;
    head.scratch = scratch_.data();
    use_tables(numbers);
  }

  void run(const Kernels& kernels) {
    (sizeof(Element) == sizeof(float) ? kernels.attention_f32 : kernels.attention_bf16)(head);
    EXPECT_TRUE(scratch_.guards_intact());
    EXPECT_TRUE(context_.guards_intact());
  }

  // Rows of the context that were to be written equal the expected ones, the others and what lies between are as
  // they were. Error relative to the magnitude of what was summed.
  void expect_context(const Matrix& map, const Matrix& value) const {
    const Matrix expected = product(map, value);
    const Matrix magnitude = product(map, magnitudes(value));
    const double tolerance = sizeof(Element) == sizeof(float) ? 1e-5 : 1.5e-2;
    for (std::size_t row = 0; row < case_.length; ++row) {
      const std::size_t first = row * context_stride() * sizeof(Element);
      const bool written = row >= head.first_row && row < head.first_row + head.rows;
      const std::size_t columns = written ? case_.head_dim : 0;
      for (std::size_t d = 0; d < columns; ++d)
        ASSERT_NEAR(value_of(reinterpret_cast<const Element*>(context_.data() + first)[d]), expected(row, d),
                    tolerance * magnitude(row, d) + 1e-30)
            << "row " << row << " column " << d;
      ASSERT_TRUE(
          context_.untouched(first + columns * sizeof(Element), (context_stride() - columns) * sizeof(Element)))
          << "row " << row;
    }
  }

  AttentionHead head;

 private:
  std::size_t stride() const { return std::size_t{6} * case_.head_dim; }
  std::size_t context_stride() const { return case_.head_dim + 5; }

  const Element* place(const Matrix& numbers, std::size_t head_of_row) {
    Element* first = qkv_.template as<Element>() + head_of_row * case_.head_dim;
    for (std::size_t row = 0; row < numbers.rows; ++row)
      for (std::size_t d = 0; d < numbers.columns; ++d)
        first[row * stride() + d] = element_of<Element>(numbers(row, d));
    return first;
  }

  // In memory that ends with the padding.
  void use_biases(const Matrix& biases) {
    const std::size_t columns = 2 * std::size_t{case_.longest} - 1;
    biases_.emplace((columns + 2 * kTablePadding) * sizeof(float));
    float* first = biases_->template as<float>() + kTablePadding;
    for (std::size_t place = 0; place < columns; ++place)
      first[columns - 1 - place] = static_cast<float>(biases(place, 0));
    head.positions.biases = biases_->template as<float>();
  }

  void use_tables(const HeadNumbers<Element>& numbers) {
    if (case_.longest == 0) return;
    if (case_.biases) use_biases(numbers.biases);
    tables_.emplace_back(numbers.position_keys, case_.longest, true);
    tables_.emplace_back(numbers.position_queries, case_.longest, false);
    if (case_.position_keys) head.positions.keys = tables_[0].data();
    if (case_.position_queries) head.positions.queries = tables_[1].data();
    head.positions.stride = tables_[0].stride();
    head.positions.longest = case_.longest;
  }

  const HeadCase case_;
  PageEndMemory qkv_;
  GuardedMemory context_;
  GuardedMemory scratch_;
  std::vector<PackedTable<Element>> tables_;
  std::optional<PageEndMemory> biases_;
};

std::vector<RowRange> ranges_of(std::uint32_t length) {
  std::vector<RowRange> ranges = {{0, length}};
  if (length < 2) return ranges;
  ranges.push_back({0, length / 2});
  ranges.push_back({length / 2, length - length / 2});
  ranges.push_back({length - 1, 1});
  ranges.push_back({length / 3, (length + 2) / 3});
  ranges.push_back({1, length - 1});
  return ranges;
}

// Every variant, for the ranges of rows, against the definition.
template <typename Element>
void expect_definition(const HeadCase& what, std::span<const RowRange> ranges) {
  const std::vector<const Kernels*> kernels = kernels_for<Element>();
  if (kernels.empty()) return;
  std::mt19937 random(what.length * 131 + what.head_dim);
  const HeadNumbers<Element> numbers(what, random);
  const Matrix map = map_of(what, numbers);
  for (const Kernels* variant : kernels)
    for (const RowRange& range : ranges) {
      SCOPED_TRACE(testing::Message() << variant->name << (sizeof(Element) == 4 ? " f32" : " bf16") << " length "
                                      << what.length << " head_dim " << what.head_dim << " causal " << what.causal
                                      << " rows " << range.first_row << " + " << range.rows);
      HeadRun<Element> sut(what, numbers);
      sut.head.first_row = range.first_row;
      sut.head.rows = range.rows;
      sut.run(*variant);
      sut.expect_context(map, numbers.value);
      if (testing::Test::HasFatalFailure()) return;
    }
}

void expect_definition_in_both_types(HeadCase what, std::span<const RowRange> ranges) {
  expect_definition<float>(what, ranges);
  expect_definition<Bf16>(what, ranges);
}

const auto kLengths = testing::Values(1u, 2u, 3u, 7u, 8u, 9u, 31u, 33u, 64u, 127u, 130u, 257u);

class AttentionKernel : public testing::TestWithParam<std::uint32_t> {};

TEST_P(AttentionKernel, ContextIsTheSoftmaxOfScoresTimesValues) {
  const RowRange all[] = {{0, GetParam()}};
  for (const std::uint32_t head_dim : {2, 6, 16, 24, 32, 64, 128})
    for (const bool causal : {false, true})
      expect_definition_in_both_types({.length = GetParam(), .head_dim = head_dim, .causal = causal}, all);
}

TEST_P(AttentionKernel, WritesOnlyTheRowsAskedFor) {
  for (const bool causal : {false, true})
    expect_definition_in_both_types({.length = GetParam(), .head_dim = 32, .causal = causal},
                                    ranges_of(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Lengths, AttentionKernel, kLengths);

TEST(AttentionKernelSizes, TakesTheLargestHeads) {
  for (const std::uint32_t head_dim : {34u, 254u, kMaxHeadDim})
    for (const std::uint32_t length : {1u, 5u, 66u}) {
      const RowRange all[] = {{0, length}};
      expect_definition_in_both_types({.length = length, .head_dim = head_dim}, all);
    }
}

// Terms: bit 0: content to position, bit 1: position to content, bit 2: biases.
class AttentionPositions : public testing::TestWithParam<std::tuple<std::uint32_t, int>> {
 protected:
  HeadCase head(std::uint32_t head_dim, std::uint32_t longest, bool causal = false) const {
    const auto [length, terms] = GetParam();
    return {length, head_dim, causal, (terms & 1) != 0, (terms & 2) != 0, longest, (terms & 4) != 0};
  }
  std::uint32_t length() const { return std::get<0>(GetParam()); }
};

TEST_P(AttentionPositions, TermsDependOnTheDistanceInSequencesOfFullLength) {
  const RowRange all[] = {{0, length()}};
  for (const std::uint32_t head_dim : {2, 24, 64}) expect_definition_in_both_types(head(head_dim, length()), all);
  expect_definition_in_both_types(head(32, length(), true), all);
}

TEST_P(AttentionPositions, TermsDependOnTheDistanceInShorterSequencesAndRangesOfRows) {
  for (const std::uint32_t more : {1, 70})
    expect_definition_in_both_types(head(16, length() + more), ranges_of(length()));
  expect_definition_in_both_types(head(16, length()), ranges_of(length()));
}

INSTANTIATE_TEST_SUITE_P(Lengths, AttentionPositions,
                         testing::Combine(testing::Values(1u, 2u, 3u, 7u, 8u, 9u, 33u, 64u, 127u, 130u, 257u),
                                          testing::Values(1, 2, 3, 4, 7)));

// The map that a head leaves, in rows of whole 16 elements.
class KeptRows {
 public:
  KeptRows(std::uint32_t length, MapEncoding encoding, bool causal = false)
      : length_(length),
        encoding_(encoding),
        causal_(causal),
        row_bytes_((length + 15) / 16 * 16 * bytes_of(encoding)),
        rows_(length * row_bytes_),
        scales_(length * sizeof(float)),
        peaks_(length * sizeof(float)),
        places_(length * sizeof(std::uint16_t)) {}

  KeptMap target() {
    KeptMap kept;
    kept.rows = rows_.data();
    kept.row_stride = row_bytes_;
    kept.scales = reinterpret_cast<float*>(scales_.data());
    if (encoding_ == MapEncoding::u8) {
      kept.peaks = reinterpret_cast<float*>(peaks_.data());
      kept.places = reinterpret_cast<std::uint16_t*>(places_.data());
    }
    kept.encoding = encoding_;
    return kept;
  }

  void expect_finite() const {
    for (std::size_t row = 0; row < length_; ++row)
      for (std::size_t i = 0; i < length_; ++i) ASSERT_TRUE(std::isfinite(probability(row, i)));
  }

  void expect_rows(const Matrix& map, const RowRange& range) const {
    for (const GuardedMemory* memory : {&rows_, &scales_, &peaks_, &places_}) EXPECT_TRUE(memory->guards_intact());
    for (std::size_t row = 0; row < length_; ++row) {
      if (row >= range.first_row && row < range.first_row + range.rows) {
        expect_row(map, row);
        if (testing::Test::HasFatalFailure()) return;
      } else {
        ASSERT_TRUE(rows_.untouched(row * row_bytes_, row_bytes_)) << "row " << row;
        ASSERT_TRUE(scales_.untouched(row * sizeof(float), sizeof(float))) << "row " << row;
        ASSERT_TRUE(peaks_.untouched(row * sizeof(float), sizeof(float))) << "row " << row;
        ASSERT_TRUE(places_.untouched(row * sizeof(std::uint16_t), sizeof(std::uint16_t))) << "row " << row;
      }
    }
  }

 private:
  void expect_row(const Matrix& map, std::size_t row) const {
    encoding_ == MapEncoding::u8 ? expect_peaked_row(map, row) : expect_float_row(map, row);
    for (std::size_t i = length_ * bytes_of(encoding_); i < row_bytes_; ++i)
      ASSERT_EQ(rows_.data()[row * row_bytes_ + i], std::byte{0}) << "padding of row " << row;
  }

  void expect_float_row(const Matrix& map, std::size_t row) const {
    const bool half = encoding_ == MapEncoding::f16;
    double sum = 0, largest = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      sum += element(row, i);
      largest = std::max(largest, element(row, i));
    }
    ASSERT_NEAR(largest, 1, 1e-6) << "row " << row;
    ASSERT_NEAR(scale(row) * sum, 1, 1e-5) << "row " << row;
    const double most = largest_of(map, row, length_);
    for (std::size_t i = 0; i < length_; ++i) {
      ASSERT_NEAR(probability(row, i), map(row, i), half ? 1e-3 : 1e-6) << row << ", " << i;
      ASSERT_NEAR(element(row, i), map(row, i) / most, half ? 2.5e-4 : 5e-6) << row << ", " << i;
    }
  }

  // The largest element is exact; the others are bytes of the second largest.
  void expect_peaked_row(const Matrix& map, std::size_t row) const {
    const std::size_t at = place(row);
    ASSERT_LT(at, length_);
    ASSERT_EQ(element(row, at), 0) << "byte of the peak of row " << row;
    const double most = largest_of(map, row, length_);
    ASSERT_NEAR(map(row, at), most, 1e-5) << "row " << row;
    const double second = largest_of(map, row, at);
    const double step = second / 255;
    double sum = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      sum += probability(row, i);
      const double expected = i == at ? 0 : map(row, i);
      // The kernel takes what is still smaller for nothing.
      const double tolerance = second / most > 1e-20 ? 0.51 * step : step * 255;
      ASSERT_NEAR(element(row, i) * step, expected, tolerance) << row << ", " << i;
    }
    // A row is made smaller when its bytes were rounded up more than down, a causal one larger, too.
    ASSERT_LE(sum, 1 + 1e-5) << "row " << row;
    const double rounding = 0.51 * step * static_cast<double>(length_);
    ASSERT_GE(sum, causal_ ? 1 - 1e-5 : 1 - rounding - 1e-5) << "row " << row;
    for (std::size_t i = 0; i < length_; ++i)
      ASSERT_NEAR(probability(row, i), map(row, i), 0.51 * step + 1.1 * rounding * map(row, i) + 1e-5)
          << row << ", " << i;
  }

  double element(std::size_t row, std::size_t i) const {
    return stored_element(rows_.data() + row * row_bytes_, encoding_, i);
  }
  double scale(std::size_t row) const { return reinterpret_cast<const float*>(scales_.data())[row]; }
  std::size_t place(std::size_t row) const { return reinterpret_cast<const std::uint16_t*>(places_.data())[row]; }
  double probability(std::size_t row, std::size_t i) const {
    const bool peak = encoding_ == MapEncoding::u8 && place(row) == i;
    return scale(row) * element(row, i) + (peak ? reinterpret_cast<const float*>(peaks_.data())[row] : 0);
  }
  double largest_of(const Matrix& map, std::size_t row, std::size_t except) const {
    double largest = 0;
    for (std::size_t i = 0; i < length_; ++i)
      if (i != except) largest = std::max(largest, map(row, i));
    return largest;
  }

  std::size_t length_;
  MapEncoding encoding_;
  bool causal_;
  std::size_t row_bytes_;
  GuardedMemory rows_;
  GuardedMemory scales_;
  GuardedMemory peaks_;
  GuardedMemory places_;
};

template <typename Element>
void expect_kept_map(const HeadCase& what, MapEncoding encoding) {
  std::mt19937 random(what.length);
  const HeadNumbers<Element> numbers(what, random);
  const Matrix map = map_of(what, numbers);
  for (const Kernels* variant : kernels_for<Element>())
    for (const RowRange& range : ranges_of(what.length)) {
      SCOPED_TRACE(testing::Message() << variant->name << " causal " << what.causal << " rows " << range.first_row
                                      << " + " << range.rows);
      HeadRun<Element> head(what, numbers);
      KeptRows sut(what.length, encoding, what.causal);
      head.head.kept = sut.target();
      head.head.first_row = range.first_row;
      head.head.rows = range.rows;
      head.run(*variant);
      sut.expect_rows(map, range);
      head.expect_context(map, numbers.value);
      if (testing::Test::HasFatalFailure()) return;
    }
}

class AttentionKeptMap : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {};

TEST_P(AttentionKeptMap, IsTheSoftmaxOfScores) {
  const auto [length, encoding] = GetParam();
  for (const bool causal : {false, true}) {
    expect_kept_map<float>({.length = length, .head_dim = 24, .causal = causal}, encoding);
    expect_kept_map<Bf16>({.length = length, .head_dim = 24, .causal = causal}, encoding);
  }
}

TEST_P(AttentionKeptMap, HoldsPositionTerms) {
  const auto [length, encoding] = GetParam();
  for (const bool causal : {false, true}) {
    const HeadCase what{length, 16, causal, true, true, length + 3, true};
    expect_kept_map<float>(what, encoding);
    expect_kept_map<Bf16>(what, encoding);
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, AttentionKeptMap,
                         testing::Combine(testing::Values(1u, 2u, 7u, 9u, 16u, 33u, 64u, 127u, 130u),
                                          testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32)),
                         [](const auto& what) {
                           return std::to_string(std::get<0>(what.param)) + "_" + name_of(std::get<1>(what.param));
                         });

// Heads whose scores are exact in both types: query (1, 0), key (score, 0), scale 1.
template <typename Element>
void expect_scores_survive(const std::vector<double>& scores) {
  const HeadCase what{.length = static_cast<std::uint32_t>(scores.size()), .head_dim = 2};
  std::mt19937 random(5);
  HeadNumbers<Element> numbers(what, random);
  numbers.scale = 1;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    numbers.query(i, 0) = 1;
    numbers.query(i, 1) = 0;
    numbers.key(i, 0) = value_of(element_of<Element>(scores[i]));
    numbers.key(i, 1) = 0;
  }
  const Matrix map = map_of(what, numbers);
  for (const Kernels* variant : kernels_for<Element>())
    for (const MapEncoding encoding : {MapEncoding::u8, MapEncoding::f16, MapEncoding::f32}) {
      SCOPED_TRACE(testing::Message() << variant->name << " " << name_of(encoding));
      HeadRun<Element> head(what, numbers);
      KeptRows kept(what.length, encoding);
      head.head.kept = kept.target();
      head.run(*variant);
      head.expect_context(map, numbers.value);
      kept.expect_rows(map, {0, what.length});
      if (testing::Test::HasFatalFailure()) return;
    }
}

class AttentionExtremes : public testing::TestWithParam<std::uint32_t> {
 protected:
  void expect_survival(const std::vector<double>& scores) const {
    expect_scores_survive<float>(scores);
    expect_scores_survive<Bf16>(scores);
  }
  std::vector<double> all(double score) const { return std::vector<double>(GetParam(), score); }
  // `score` in the middle of zeros.
  std::vector<double> one(double score) const {
    std::vector<double> scores = all(0);
    scores[GetParam() / 2] = score;
    return scores;
  }
};

TEST_P(AttentionExtremes, EqualScoresGiveEqualWeightsWhateverTheirSize) {
  for (const double score : {0.0, 1e4, -1e4, 1e6, -1e6, 1e20, -1e20}) {
    SCOPED_TRACE(score);
    expect_survival(all(score));
  }
}

TEST_P(AttentionExtremes, OneHugeScoreTakesAllWeightAndOneTinyScoreNone) {
  for (const double score : {1e4, -1e4, 1e6, 1e30, -1e30}) {
    SCOPED_TRACE(score);
    expect_survival(one(score));
  }
}

TEST_P(AttentionExtremes, DifferencesOfHugeScoresCount) {
  std::vector<double> scores = all(16384);
  for (std::size_t i = 0; i < scores.size(); i += 2) scores[i] += 128;
  expect_survival(scores);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = 4096 - 32.0 * static_cast<double>(i % 3);
  expect_survival(scores);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = 500 - static_cast<double>(i % 200);
  expect_survival(scores);
}

TEST_P(AttentionExtremes, MapOfNaNsDecodesToFiniteNumbers) {
  const HeadCase what{.length = GetParam(), .head_dim = 2};
  std::mt19937 random(5);
  HeadNumbers<float> numbers(what, random);
  numbers.query.elements.assign(numbers.query.elements.size(), NAN);
  for (const Kernels* variant : supported_kernels())
    for (const MapEncoding encoding : {MapEncoding::u8, MapEncoding::f16, MapEncoding::f32}) {
      SCOPED_TRACE(testing::Message() << variant->name << " " << name_of(encoding));
      HeadRun<float> head(what, numbers);
      KeptRows sut(what.length, encoding, what.causal);
      head.head.kept = sut.target();
      head.run(*variant);
      sut.expect_finite();
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, AttentionExtremes, testing::Values(1u, 2u, 8u, 17u, 33u, 70u));

}  // namespace
}  // namespace memo
