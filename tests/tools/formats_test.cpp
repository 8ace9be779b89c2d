// memo-bench formats, without peers: what it reports, and what it refuses.
#include "tools/memo-bench/formats/bench.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/engine/engine.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_texts.h"

namespace memo {
namespace {

class Formats : public testing::Test {
 protected:
  Formats() {
    options_.model = std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert";
    options_.source.path = folder_.file("texts.jsonl");
    options_.label_field = "label";
    options_.length = 8;
    options_.batch = 4;
    options_.rounds = 2;
  }
  void write(int texts) { texts_.write(options_.source.path, texts); }
  std::string refusal() const {
    const auto result = run_formats_bench(options_);
    return result ? "" : result.status().message();
  }

  test::TempDir folder_;
  FormatsBench options_;
  test::TinyTexts texts_;
};

TEST_F(Formats, TellsForEachWhatItTakesAndWhatItChanges) {
  write(320);
  const auto found = run_formats_bench(options_);
  ASSERT_TRUE(found) << found.status().message();
  std::size_t formats = 0;
  for (const std::string& dtype : options_.dtypes)
    formats += supported_type(*data_type_named(dtype)) == data_type_named(dtype) ? 1 : 0;
  const auto& rows = (*found)["rows"];
  ASSERT_EQ(rows.size(), formats);
  EXPECT_EQ(rows[0]["dtype"], "f32");
  EXPECT_EQ(rows[0]["times_as_fast"], 1.0);
  EXPECT_NEAR(rows[0]["cosine"].get<double>(), 1, 1e-6);
  EXPECT_EQ(rows[0]["lost"]["mean"], 0.0);
  for (const auto& row : rows) {
    EXPECT_EQ(row["engine"], "memod");
    EXPECT_GT(row["wall_ms"], 0.0);
    EXPECT_LE(row["wall_ms_least"], row["wall_ms"]);
    EXPECT_GT(row["cosine"], 0.95) << row["dtype"];
    EXPECT_NEAR(row["lost"]["mean"].get<double>(),
                rows[0]["accuracy"].get<double>() - row["accuracy"].get<double>(), 1e-9);
    EXPECT_GE(row["cosine"].get<double>() + 1e-9, row["cosine_p05"].get<double>());
    if (row["dtype"] == "s16") {
      EXPECT_GT(row["cosine"], 0.9999);
    }
  }
  EXPECT_GE((*found)["setting"]["training_texts"], 80);
  EXPECT_GE((*found)["setting"]["test_texts"], 40);
}

TEST_F(Formats, WithoutLabelsThereIsNoAccuracy) {
  write(320);
  options_.label_field.clear();
  const auto found = run_formats_bench(options_);
  ASSERT_TRUE(found) << found.status().message();
  EXPECT_FALSE((*found)["rows"][0].contains("accuracy"));
  EXPECT_TRUE((*found)["rows"][0].contains("cosine"));
}

TEST_F(Formats, RefusesTooFewTextsOfTheLength) {
  write(100);
  EXPECT_NE(refusal().find("at least 80 and 40 are needed"), std::string::npos) << refusal();
}

TEST_F(Formats, RefusesWhatItDoesNotKnow) {
  options_.dtypes = {"s8"};
  EXPECT_NE(options_.validate().message().find("must begin with f32"), std::string::npos);
  options_.dtypes = {"f32", "u4"};
  EXPECT_NE(options_.validate().message().find("\"u4\", must be f32, bf16, s16 or s8"), std::string::npos);
  options_.dtypes = {"f32"};
  options_.peers = {"torch"};
  EXPECT_NE(options_.validate().message().find("\"torch\", known are onnxruntime, openvino"), std::string::npos);
  options_.peers = {"openvino"};
  options_.setup = "/nowhere/setup";
  EXPECT_NE(options_.validate().message().find("/nowhere/setup"), std::string::npos);
}

}  // namespace
}  // namespace memo
