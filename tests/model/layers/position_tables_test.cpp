#include "model/layers/position_tables.h"

#include <gtest/gtest.h>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

constexpr std::int64_t kHeads = 3;
constexpr std::int64_t kHeadDim = 4;
constexpr std::int64_t kLongest = 21;
constexpr std::int64_t kSpan = 8;  // distances beyond it share the first and the last row

// Every element of a [2 * span, hidden] table is another number, which bf16 holds as well.
Tensor numbered_table(float first) {
  Tensor table = Tensor::empty({2 * kSpan, kHeads * kHeadDim});
  for (std::int64_t i = 0; i < table.numel(); ++i) table.data_ptr<float>()[i] = first + static_cast<float>(i);
  return table;
}

ModelConfig config_with_positions() {
  ModelConfig config;
  config.hidden = kHeads * kHeadDim;
  config.heads = kHeads;
  config.max_positions = kLongest;
  config.relative.span = kSpan;
  return config;
}

template <typename Element>
double table_element(const void* table, std::size_t stride, std::int64_t column, std::int64_t d) {
  constexpr std::size_t kPerUnit = 4 / sizeof(Element);
  const auto unit = static_cast<std::size_t>(d) / kPerUnit;
  const std::size_t place = kTablePadding + static_cast<std::size_t>(column);
  return value_of(static_cast<const Element*>(
      table)[(unit * stride + place) * kPerUnit + static_cast<std::size_t>(d) % kPerUnit]);
}

template <typename Element>
void expect_columns_by_distance(DataType type) {
  const ModelConfig config = config_with_positions();
  LayerWeights weights;
  weights.position_keys = numbered_table(0);
  weights.position_queries = numbered_table(-200);
  const PackedPositions sut(config, weights, type, best_kernels());
  for (std::int64_t head = 0; head < kHeads; ++head) {
    const PositionTables tables = sut.of_head(static_cast<std::size_t>(head));
    ASSERT_EQ(tables.longest, kLongest);
    ASSERT_GE(tables.stride, 2 * kLongest - 1 + 2 * static_cast<std::int64_t>(kTablePadding));
    for (std::int64_t distance = 1 - kLongest; distance < kLongest; ++distance)
      for (std::int64_t d = 0; d < kHeadDim; ++d) {
        const std::int64_t place = config.relative.row(distance) * config.hidden + head * kHeadDim + d;
        ASSERT_EQ(table_element<Element>(tables.keys, tables.stride, kLongest - 1 - distance, d),
                  weights.position_keys.data_ptr<float>()[place]);
        ASSERT_EQ(table_element<Element>(tables.queries, tables.stride, distance + kLongest - 1, d),
                  weights.position_queries.data_ptr<float>()[place]);
      }
  }
}

TEST(PackedPositions, ColumnsAreInTheOrderOfDistancesInF32) {
  expect_columns_by_distance<float>(DataType::f32);
}

TEST(PackedPositions, ColumnsAreInTheOrderOfDistancesInBf16) {
  expect_columns_by_distance<Bf16>(DataType::bf16);
}

// With heads of 4 dimensions scores are halved after the biases were added.
TEST(PackedPositions, BiasesAreInTheOrderOfDistancesAndOutweighTheScale) {
  constexpr std::int64_t kBuckets = 8;
  ModelConfig config = config_with_positions();
  config.relative = {};
  config.distance_buckets = {kBuckets, 10};
  LayerWeights weights;
  weights.position_biases = Tensor::empty({kBuckets, kHeads});
  for (std::int64_t i = 0; i < kBuckets * kHeads; ++i)
    weights.position_biases.data_ptr<float>()[i] = 1 + static_cast<float>(i);
  for (const DataType type : {DataType::f32, DataType::bf16}) {
    const PackedPositions sut(config, weights, type, best_kernels());
    for (std::int64_t head = 0; head < kHeads; ++head) {
      const PositionTables tables = sut.of_head(static_cast<std::size_t>(head));
      EXPECT_EQ(tables.keys, nullptr);
      EXPECT_EQ(tables.queries, nullptr);
      const float* first = tables.biases + kTablePadding;
      for (std::int64_t distance = 1 - kLongest; distance < kLongest; ++distance)
        ASSERT_EQ(
            first[kLongest - 1 - distance],
            2 * weights.position_biases.row(config.distance_buckets.of(distance))[static_cast<std::size_t>(head)]);
      for (std::int64_t i = 1; i <= static_cast<std::int64_t>(kTablePadding); ++i) {
        ASSERT_EQ(first[-i], 0);
        ASSERT_EQ(first[2 * kLongest - 2 + i], 0);
      }
    }
  }
}

TEST(PackedPositions, PaddingIsZero) {
  LayerWeights weights;
  weights.position_keys = numbered_table(1);
  const ModelConfig config = config_with_positions();
  const PackedPositions sut(config, weights, DataType::f32, best_kernels());
  const PositionTables tables = sut.of_head(1);
  for (std::int64_t d = 0; d < kHeadDim; ++d)
    for (std::int64_t i = 1; i <= static_cast<std::int64_t>(kTablePadding); ++i) {
      ASSERT_EQ(table_element<float>(tables.keys, tables.stride, -i, d), 0);
      ASSERT_EQ(table_element<float>(tables.keys, tables.stride, 2 * kLongest - 2 + i, d), 0);
    }
}

TEST(PackedPositions, TermThatTheModelLacksIsNull) {
  LayerWeights weights;
  weights.position_queries = numbered_table(0);
  const ModelConfig config = config_with_positions();
  const PackedPositions sut(config, weights, DataType::f32, best_kernels());
  EXPECT_EQ(sut.of_head(0).keys, nullptr);
  EXPECT_NE(sut.of_head(0).queries, nullptr);
  EXPECT_EQ(sut.of_head(0).biases, nullptr);
}

}  // namespace
}  // namespace memo
