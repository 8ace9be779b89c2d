// Files that options name: streams for "-", refusals where one would be lost, and what a failed run leaves.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

class NamedFiles : public testing::Test {
 protected:
  NamedFiles() {
    input_ = scenario_.write_texts("in.jsonl", 12);
    content_ = read_file(input_);
  }
  std::string path(const std::string& name) const { return scenario_.path(name); }
  static std::string text_of(const std::string& path) { return read_file(path); }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  // In a shell: pipes, redirections.
  Finished shell(const std::string& command) const {
    const std::string names = "INFER='" + program("memo-infer") + " --batch 2 --model " + Scenario::model() +
                              "' TRAIN='" + program("memo-train") + "'; cd " + scenario_.folder() + "; ";
    return run({"/bin/bash", "-c", names + command}, scenario_.folder());
  }
  std::string output_of(const std::string& command) const {
    const Finished finished = shell(command);
    EXPECT_EQ(finished.exit_code, 0) << command << ": " << finished.errors;
    return finished.output;
  }
  void expect_refusal(const std::string& command, int exit_code, const std::vector<std::string>& words) const {
    const Finished finished = shell(command);
    EXPECT_EQ(finished.exit_code, exit_code) << command << ": " << finished.errors;
    for (const std::string& word : words)
      EXPECT_NE(finished.errors.find(word), std::string::npos) << "no '" << word << "' in: " << finished.errors;
    EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1) << finished.errors;
  }

  const Scenario scenario_;
  std::string input_, content_;
};

TEST_F(NamedFiles, InputComesFromAnyStream) {
  const std::string expected = output_of("$INFER --input in.jsonl");
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 12);
  for (const char* command :
       {"$INFER --input - < in.jsonl", "cat in.jsonl | $INFER --input - --output -",
        "cat in.jsonl | $INFER --input /dev/stdin --output /dev/stdout", "$INFER --input <(cat in.jsonl)",
        "mkfifo f; cat in.jsonl > f & $INFER --input f; wait"})
    EXPECT_TRUE(output_of(command) == expected) << command;
}

TEST_F(NamedFiles, SummaryGoesToStdout) {
  const std::string summary = output_of("$INFER --input in.jsonl --output out --summary -");
  EXPECT_EQ(nlohmann::json::parse(summary).at("inputs"), 12);
  expect_refusal("$INFER --input in.jsonl --summary -", 2, {"--output and --summary", "stdout"});
}

TEST_F(NamedFiles, OutputThatIsAnInputIsWrongUsageAndNothingIsLost) {
  fs::create_symlink("in.jsonl", path("link"));
  fs::create_hard_link(input_, path("hard"));
  for (const char* name : {"in.jsonl", "./in.jsonl", "link", "hard"}) {
    const std::string output(name);
    expect_refusal("$INFER --input in.jsonl --output " + output, 2, {"--output writes " + output, "--input"});
    expect_refusal("$INFER --input in.jsonl --output o --summary " + output, 2, {"--summary writes " + output});
  }
  expect_refusal("$INFER --input in.jsonl >> in.jsonl", 2, {"--output writes stdout, which --input reads"});
  expect_refusal("$INFER --input - --output in.jsonl < in.jsonl", 2, {"--output writes in.jsonl"});
  expect_refusal("$INFER --input in.jsonl --output o --summary o", 2, {"--output and --summary both write o"});
  expect_refusal("$TRAIN head --embeddings e --labels in.jsonl --output in.jsonl", 2, {"which --labels reads"});
  EXPECT_EQ(text_of(input_), content_);
}

TEST_F(NamedFiles, ModelIsNotReplacedByResults) {
  fs::copy(Scenario::model(), path("model"), fs::copy_options::recursive);
  const std::string config = text_of(path("model/config.json"));
  expect_refusal("${INFER%--model*} --model model --input in.jsonl --output model/config.json", 2,
                 {"--output writes model/config.json, which --model reads"});
  EXPECT_EQ(text_of(path("model/config.json")), config);
}

TEST_F(NamedFiles, FailedRunLeavesTheOldFileAndSaysWhatIsLost) {
  put(path("out"), "old");
  put(input_, content_ + "{\"text\": \"caf\xE9\"}\n");
  expect_refusal("$INFER --input in.jsonl --output out", 1,
                 {"in.jsonl:13:14: byte 0xE9 is not UTF-8", "out is left as it was", "12 texts"});
  EXPECT_EQ(text_of(path("out")), "old");
}

TEST_F(NamedFiles, FullDiskIsAnErrorAndTheOldFileStays) {
  put(path("out"), "old");
  expect_refusal(
      "ulimit -f 1; $INFER --input in.jsonl --output out 2>&1 >/dev/null | cat >&2; exit ${PIPESTATUS[0]}", 1,
      {"out: write failed: File too large"});
  EXPECT_EQ(text_of(path("out")), "old");
  expect_refusal("$INFER --input in.jsonl --output /dev/full", 1, {"/dev/full: write failed: No space left"});
  expect_refusal("$INFER --input in.jsonl > /dev/full", 1, {"stdout: write failed: No space left"});
}

TEST_F(NamedFiles, IdsGoThroughUnchanged) {
  put(input_,
      "{\"id\": 123456789012345678901, \"text\": \"a\"}\n{\"id\": {\"b\": 1.0, \"a\": [\"\\u00e9\"]}, \"text\": "
      "\"a\"}\n");
  const std::string output = output_of("$INFER --input in.jsonl");
  EXPECT_TRUE(output.starts_with("{\"id\":123456789012345678901,")) << output;
  EXPECT_NE(output.find("{\"id\":{\"b\":1.0,\"a\":[\"\\u00e9\"]},"), std::string::npos) << output;
}

TEST_F(NamedFiles, TrainedFilesGoToStdoutAndWordsToStderr) {
  const std::string projection = "$TRAIN projection --hidden 64 --length 32 --output ";
  EXPECT_EQ(output_of(projection + "embedder; cat embedder").substr(0, 9), "embedder ");
  EXPECT_EQ(output_of(projection + "-"), text_of(path("embedder")));
  put(path("labels"), "{\"id\": \"0\", \"label\": \"a\"}\n{\"id\": \"1\", \"label\": \"b\"}\n");
  const std::string head =
      output_of("$INFER --input in.jsonl | $TRAIN head --embeddings - --labels labels --output -");
  EXPECT_EQ(nlohmann::json::parse(head).at("classes").size(), 2u);
  put(path("head.json"), head);
  EXPECT_EQ(output_of("$INFER --input in.jsonl --head - < head.json"),
            output_of("$INFER --input in.jsonl --head head.json"));
  expect_refusal("$INFER --input - --head - < head.json", 2, {"--input and --head both read stdin"});
}

TEST_F(NamedFiles, PolicyComesFromAStream) {
  const std::string policy = scenario_.write_policy("compute", 0);
  const std::string infer = "$INFER --input in.jsonl --memo file:pool --pool-size 32MiB --policy ";
  EXPECT_TRUE(output_of(infer + "- < " + policy) == output_of(infer + policy));
}

}  // namespace
}  // namespace memo::test
