#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <set>

#include "embed/json/json_lines.h"
#include "embed/json/text_batches.h"
#include "memod/store/open_store.h"
#include "model/text/task_head.h"
#include "model/tuning/result/median.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

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
  EXPECT_EQ((*batch)[0].id, "\"a\"");
  EXPECT_EQ((*batch)[1].id, "3");  // the empty line counts
  EXPECT_EQ((*batch)[2].id, "7");
  EXPECT_EQ((*batch)[2].text, "");
  EXPECT_TRUE(reader.next(10)->empty());
}

TEST_F(ToolFiles, IdsGoThroughAsTheyAreWritten) {
  const char* const ids[] = {"123456789012345678901",
                             "18446744073709551616",
                             "1.10",
                             "1e400",
                             "-0",
                             "null",
                             "true",
                             R"("\u00e9")",
                             "\"\u00e9\"",
                             R"({"b":1,"a":[1.0,{}],"b":2})",
                             R"("a\"}, ")"};
  for (const char* id : ids) {
    TextReader reader = texts(fmt::format("{{\"x\": {{\"id\": 0}}, \"text\": \"t\", \"\\u0069d\" : {} }}\n", id));
    const auto batch = reader.next(1);
    ASSERT_TRUE(batch) << batch.status().message();
    EXPECT_EQ((*batch)[0].id, id);
  }
  TextReader reader = texts("{\"id\": [ 1,\t{ \"a b\" : 2 }\r], \"text\": \"\"}\n");
  EXPECT_EQ((*reader.next(1))[0].id, "[1,{\"a b\":2}]");
}

TEST_F(ToolFiles, PairsAreReadWhereTheSourceHasAFieldForThem) {
  EXPECT_FALSE((*texts("{\"text\": \"a\", \"b\": \"c\"}").next(1))[0].pair.has_value());
  const auto read = [&](const std::string& line) {
    TextSource source;
    source.path = write(line);
    source.pair_field = "b";
    return TextReader::open(source)->next(1);
  };
  EXPECT_EQ((*read(R"({"text": "a", "b": ""})"))[0].pair, "");
  EXPECT_EQ((*read(R"({"text": "a", "b": "c\n"})"))[0].pair, "c\n");
  EXPECT_EQ(read(R"({"text": "a"})").status().message(),
            folder_.file("in.jsonl") + ":1:1: has no field \"b\"; it has \"text\"");
  EXPECT_EQ(read(R"({"text": "a", "b": null})").status().message(),
            folder_.file("in.jsonl") + ":1:20: field \"b\" is null, not a string");
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
      {"{\"text\": \"x\"}\nnonsense\n", ":2:1: nonsense is no JSON value"},
      {"[1]\n", ":1:1: is an array, not an object"},
      {"{\"text\": \"x\"}\n\n{\"body\": 1}\n", ":3:1: has no field \"text\"; it has \"body\""},
      {"{\"text\": 5}\n", ":1:10: field \"text\" is a number, not a string"},
  };
  for (const auto& [content, expected] : cases) {
    const Status status = texts(content).next(10).status();
    EXPECT_EQ(status.code(), StatusCode::invalid_argument);
    EXPECT_EQ(status.message(), folder_.file("in.jsonl") + expected);
  }
}

TEST_F(ToolFiles, LinesComeInWhateverWayTheyAreWritten) {
  const std::string large(1 << 20, 'a');
  TextReader reader =
      texts("\xEF\xBB\xBF{\"text\": \"bom\"}\r\n \t\r\n\n{\"text\": \"nul\\u0000\"}\n\xEF\xBB\xBF\n{\"text\": \"" +
            large + "\"}");
  const auto batch = reader.next(10);
  ASSERT_TRUE(batch) << batch.status().message();
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_EQ((*batch)[0].text, "bom");
  EXPECT_EQ((*batch)[1].text, std::string("nul\0", 4));
  EXPECT_EQ((*batch)[1].id, "4");
  EXPECT_EQ((*batch)[2].text, large);
  EXPECT_TRUE(texts("").next(1)->empty());
  EXPECT_TRUE(texts("\xEF\xBB\xBF").next(1)->empty());
}

TEST_F(ToolFiles, FilesOfAnotherKindAreNamed) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> cases[] = {
      {"\xFF\xFE{\0\"\0"s, "UTF-16"},
      {"\xFE\xFF\0{\0\""s, "UTF-16"},
      {"{\0\"\0i\0"s, "UTF-16"},
      {"\xFF\xFE\0\0{\0\0\0"s, "UTF-32"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"}};
  for (const auto& [content, name] : cases) {
    const std::string message = texts(content).next(1).status().message();
    EXPECT_TRUE(message.starts_with(folder_.file("in.jsonl") + ":1:1: is a ")) << message;
    EXPECT_NE(message.find(name), std::string::npos) << message;
  }
}

TEST_F(ToolFiles, FileThatCannotBeReadIsAnError) {
  EXPECT_EQ(JsonLineReader::open(folder_.file("none")).status().code(), StatusCode::not_found);
  EXPECT_EQ(JsonLineReader::open(folder_.path().string()).status().code(), StatusCode::invalid_argument);
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
  const TaskHead head_{{{"ham", {1, -1}, 0.5f}, {"spam", {-1, 1}, -0.5f}}};
};

TEST_F(HeadFile, PredictsTheClassOfTheHighestScore) {
  const float ham[] = {2, 0}, spam[] = {0, 2};
  EXPECT_EQ(head_.predict(ham).label, "ham");
  EXPECT_NEAR(head_.predict(ham).score, 1 / (1 + std::exp(-2.5)), 1e-6);
  EXPECT_EQ(head_.predict(spam).label, "spam");
}

TEST_F(HeadFile, SavedHeadPredictsTheSame) {
  ASSERT_TRUE(head_.save(folder_.file("head.json")));
  const auto loaded = TaskHead::load(folder_.file("head.json"), 2);
  ASSERT_TRUE(loaded) << loaded.status().message();
  const float embedding[] = {0.3f, -0.7f};
  EXPECT_EQ(loaded->predict(embedding).label, head_.predict(embedding).label);
  EXPECT_EQ(loaded->predict(embedding).score, head_.predict(embedding).score);
}

TEST_F(HeadFile, UnfitFilesAreRefused) {
  ASSERT_TRUE(head_.save(folder_.file("head.json")));
  EXPECT_EQ(TaskHead::load(folder_.file("head.json"), 3).status().code(), StatusCode::invalid_argument);
  EXPECT_EQ(TaskHead::load(folder_.file("none.json"), 2).status().code(), StatusCode::not_found);
  EXPECT_EQ(TaskHead::load(write("{\"format\": \"memo-head\", \"version\": 2}"), 2).status().code(),
            StatusCode::unsupported);
  EXPECT_EQ(TaskHead::load(write("{\"format\": \"memo-head\", \"version\": 1, \"classes\": [{\"label\": 3}]}"), 2)
                .status()
                .code(),
            StatusCode::corrupt);
  EXPECT_EQ(TaskHead::load(write("{\"version\": 1}"), 2).status().code(), StatusCode::corrupt);
  EXPECT_EQ(
      TaskHead::load(write("{\"format\": \"memo-head\", \"version\": 1, \"classes\": []}"), 2).status().code(),
      StatusCode::corrupt);
}

}  // namespace
}  // namespace memo
