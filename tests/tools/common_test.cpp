#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <set>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tools/common/head.h"
#include "tools/common/json_lines.h"
#include "tools/common/median.h"
#include "tools/common/open_store.h"
#include "tools/common/output_file.h"
#include "tools/common/text_batches.h"

namespace memo {
namespace {

TEST(Median, IsTheMiddleOrTheMeanOfTheTwo) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

class ToolFiles : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(folder_.file("in.jsonl")) << text;
    return folder_.file("in.jsonl");
  }
  TextReader texts(const std::string& text, std::uint64_t limit = 0) {
    TextSource source;
    source.path = write(text);
    source.limit = limit;
    return std::move(*TextReader::open(source));
  }

  test::TempDir folder_;
};

TEST_F(ToolFiles, TextsComeInOrderWithTheirIdsOrLineNumbers) {
  TextReader reader =
      texts("{\"id\": \"a\", \"text\": \"one\"}\n\n{\"text\": \"two\"}\n{\"id\": 7, \"text\": \"\"}");
  const auto batch = reader.next(10);
  ASSERT_TRUE(batch) << batch.status().message();
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_EQ((*batch)[0].id, "a");
  EXPECT_EQ((*batch)[1].id, 3);  // the empty line counts
  EXPECT_EQ((*batch)[2].id, 7);
  EXPECT_EQ((*batch)[2].text, "");
  EXPECT_TRUE(reader.next(10)->empty());
}

TEST_F(ToolFiles, LimitEndsTheTexts) {
  TextReader reader = texts("{\"text\": \"1\"}\n{\"text\": \"2\"}\n{\"text\": \"3\"}\n", 2);
  EXPECT_EQ(reader.next(1)->size(), 1u);
  EXPECT_EQ(reader.next(5)->size(), 1u);
  EXPECT_EQ(reader.fraction(), 1);
}

TEST_F(ToolFiles, SampleIsDrawnFromAllTextsByTheSeed) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += fmt::format("{{\"text\": \"{}\"}}\n", i);
  TextSource source;
  source.path = write(lines);
  source.limit = 10;
  const auto drawn = [&](std::uint64_t seed) {
    std::set<int> numbers;
    const auto texts = sample_texts(source, seed);
    EXPECT_TRUE(texts) << texts.status().message();
    for (const Text& text : *texts) numbers.insert(std::stoi(text.text));
    return numbers;
  };
  EXPECT_EQ(drawn(1).size(), 10u);
  EXPECT_GT(*drawn(1).rbegin(), 10);
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
  source.limit = 1000;
  EXPECT_EQ(drawn(1).size(), 100u);
}

TEST_F(ToolFiles, BadLinesAreNamedByFileAndNumber) {
  const std::pair<const char*, const char*> cases[] = {
      {"{\"text\": \"x\"}\nnonsense\n", ":2: not valid JSON"},
      {"[1]\n", ":1: not a JSON object"},
      {"{\"text\": \"x\"}\n\n{\"body\": 1}\n", ":3: has no field \"text\""},
      {"{\"text\": 5}\n", ":1: field \"text\" is a number, not a string"},
  };
  for (const auto& [content, expected] : cases) {
    const Status status = texts(content).next(10).status();
    EXPECT_EQ(status.code(), StatusCode::invalid_argument);
    EXPECT_EQ(status.message(), folder_.file("in.jsonl") + expected);
  }
}

TEST_F(ToolFiles, FileThatCannotBeReadIsAnError) {
  EXPECT_EQ(JsonLineReader::open(folder_.file("none")).status().code(), StatusCode::not_found);
  EXPECT_EQ(JsonLineReader::open(folder_.path().string()).status().code(), StatusCode::invalid_argument);
}

TEST_F(ToolFiles, OutputReachesTheFileAndAFullDiskIsReported) {
  auto file = OutputFile::create(folder_.file("out"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("line\n"));
  ASSERT_TRUE(file->close());
  EXPECT_EQ(test::read_file(folder_.file("out")), "line\n");
  EXPECT_FALSE(OutputFile::create(folder_.file("no/such/folder")));
  auto full = OutputFile::create("/dev/full");
  ASSERT_TRUE(full);
  EXPECT_FALSE(full->write("x").is_ok() && full->close().is_ok());
}

TEST_F(ToolFiles, StoreOpensByEndpoint) {
  EXPECT_EQ(open_store("nonsense", 0).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(open_store("file:" + folder_.file("none"), 0).status().code(), StatusCode::not_found);
  const auto created = open_store("file:" + folder_.file("pool"), 32 << 20);
  ASSERT_TRUE(created) << created.status().message();
  EXPECT_TRUE((*created)->available());
  const auto absent = open_store("unix:" + folder_.file("socket"), 0);
  ASSERT_TRUE(absent) << absent.status().message();
  EXPECT_FALSE((*absent)->available());
}

class HeadFile : public ToolFiles {
 protected:
  const Head head_{{{"ham", {1, -1}, 0.5f}, {"spam", {-1, 1}, -0.5f}}};
};

TEST_F(HeadFile, PredictsTheClassOfTheHighestScore) {
  const float ham[] = {2, 0}, spam[] = {0, 2};
  EXPECT_EQ(head_.predict(ham).label, "ham");
  EXPECT_NEAR(head_.predict(ham).score, 1 / (1 + std::exp(-2.5)), 1e-6);
  EXPECT_EQ(head_.predict(spam).label, "spam");
}

TEST_F(HeadFile, SavedHeadPredictsTheSame) {
  ASSERT_TRUE(head_.save(folder_.file("head.json")));
  const auto loaded = Head::load(folder_.file("head.json"), 2);
  ASSERT_TRUE(loaded) << loaded.status().message();
  const float embedding[] = {0.3f, -0.7f};
  EXPECT_EQ(loaded->predict(embedding).label, head_.predict(embedding).label);
  EXPECT_EQ(loaded->predict(embedding).score, head_.predict(embedding).score);
}

TEST_F(HeadFile, UnfitFilesAreRefused) {
  ASSERT_TRUE(head_.save(folder_.file("head.json")));
  EXPECT_EQ(Head::load(folder_.file("head.json"), 3).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(Head::load(folder_.file("none.json"), 2).status().code(), StatusCode::not_found);
  EXPECT_EQ(Head::load(write("{\"format\": \"memo-head\", \"version\": 2}"), 2).status().code(),
            StatusCode::unsupported);
  EXPECT_EQ(Head::load(write("{\"format\": \"memo-head\", \"version\": 1, \"classes\": [{\"label\": 3}]}"), 2)
                .status()
                .code(),
            StatusCode::corrupt);
  EXPECT_EQ(Head::load(write("{\"version\": 1}"), 2).status().code(), StatusCode::corrupt);
  EXPECT_EQ(Head::load(write("{\"format\": \"memo-head\", \"version\": 1, \"classes\": []}"), 2).status().code(),
            StatusCode::corrupt);
}

TEST(ChooseLength, DefaultIsCappedByTheModel) {
  ModelConfig config;
  config.max_positions = 64;
  EXPECT_EQ(*choose_length(0, config), 64u);
  EXPECT_EQ(*choose_length(33, config), 33u);
  EXPECT_NE(choose_length(65, config).status().message().find("2 to 64"), std::string::npos);
  EXPECT_FALSE(choose_length(1, config));
  config.max_positions = 512;
  EXPECT_EQ(*choose_length(0, config), 128u);
}

}  // namespace
}  // namespace memo
