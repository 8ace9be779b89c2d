// Rows and buckets of distances against transformers (golden/make_families.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/checkpoint/model_config.h"
#include "tests/model/golden.h"
#include "tests/support/model_folder.h"

namespace memo {
namespace {

TEST(RelativePositions, RowsEqualTheReference) {
  for (const auto& [name, rows] : test::read_tensors(test::data_path("families/relative_rows.safetensors"))) {
    RelativePositions sut;
    sut.buckets = sut.span = std::stoi(name);
    sut.max_distance = std::stoi(name.substr(name.find('.') + 1));
    for (std::int64_t i = 0; i < rows.numel(); ++i)
      ASSERT_EQ(sut.row(i - 2 * sut.max_distance + 1), rows[i].item<float>())
          << name << " at distance " << i - 2 * sut.max_distance + 1;
  }
}

TEST(DistanceBuckets, EqualTheReferenceNearAndFar) {
  const at::Tensor golden =
      test::read_tensors(test::data_path("families/distance_buckets.safetensors")).at("mpnet");
  const std::int64_t furthest = golden.numel() / 2;
  ASSERT_EQ(furthest, 600);
  const DistanceBuckets sut{32, 128};
  // The reference counts key - query.
  for (std::int64_t i = 0; i < golden.numel(); ++i)
    ASSERT_EQ(sut.of(furthest - i), golden[i].item<float>()) << "query - key = " << furthest - i;
}

TEST(RelativePositions, WithoutBucketsDistancesAreRowsUpToTheSpan) {
  RelativePositions sut;
  sut.span = sut.max_distance = 24;
  EXPECT_EQ(sut.row(0), 24);
  EXPECT_EQ(sut.row(-24), 0);
  EXPECT_EQ(sut.row(-25), 0);
  EXPECT_EQ(sut.row(23), 47);
  EXPECT_EQ(sut.row(1000), 47);
}

}  // namespace
}  // namespace memo
