// Scores of real mails by heads of random weights on the real encoder: what a transformers pipeline makes of single
// mails, and CrossEncoder of pairs.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "embed/safetensors/safetensors.h"
#include "tests/scenarios/folder_case.h"
#include "tests/support/forked_infer.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string data_file(const std::string& name) {
  return std::string(MEMO_SOURCE_DIR) + "/tests/data/minilm-scores/" + name;
}

void write_json(const std::string& path, const json& value) {
  std::ofstream(path) << value.dump();
}

json read_json(const std::string& path) {
  return json::parse(read_file(path));
}

// The encoder's weights and the head's, as two shards.
void write_weights(const std::string& model, const std::string& head, const std::string& folder) {
  json shards = json::object();
  for (const auto& [file, source] : {std::pair{"encoder.safetensors", model}, {"head.safetensors", head}}) {
    fs::create_symlink(source, folder + "/" + file);
    for (const std::string& tensor : SafetensorsFile::open(source)->names()) shards[tensor] = file;
  }
  write_json(folder + "/model.safetensors.index.json", {{"weight_map", shards}});
}

void write_model(const std::string& model, const std::string& name, const json& golden,
                 const std::string& folder) {
  fs::create_directory(folder);
  for (const char* file : {"tokenizer.json", "vocab.txt", "special_tokens_map.json"})
    fs::copy_file(model + "/" + file, folder + "/" + file);
  json settings = read_json(model + "/tokenizer_config.json");
  settings["model_max_length"] = golden.at("length");
  write_json(folder + "/tokenizer_config.json", settings);
  json config = read_json(model + "/config.json");
  config.update(golden.at(name).at("config"));
  write_json(folder + "/config.json", config);
  write_weights(model + "/model.safetensors", data_file(name + ".safetensors"), folder);
}

// Every `step`-th mail, beside it the one that follows.
void write_mails(const std::string& from, std::size_t step, std::size_t count, const std::string& to) {
  std::ifstream source(from);
  std::vector<std::string> texts;
  std::string line;
  for (std::size_t number = 0; texts.size() < count && std::getline(source, line); ++number)
    if (number % step == 0) texts.push_back(json::parse(line).at("text"));
  std::ofstream target(to);
  for (std::size_t i = 0; i < texts.size(); ++i)
    target << json{{"text", texts[i]}, {"next", texts[(i + 1) % texts.size()]}}.dump() << "\n";
}

// By label.
json scores_of(const json& line) {
  json scores = json::array();
  for (std::size_t label = 0; label < line.at("labels").size(); ++label)
    for (const json& one : line["labels"])
      if (one.at("label") == "LABEL_" + std::to_string(label)) scores.push_back(one.at("score"));
  return scores;
}

class MailScores : public testing::Test {
 protected:
  void SetUp() override {
    model_ = std::getenv("MEMO_MODEL_DIR");
    mails_ = std::getenv("MEMO_MAIL_FILE");
    if (model_ == nullptr || mails_ == nullptr)
      GTEST_SKIP() << "MEMO_MODEL_DIR and MEMO_MAIL_FILE do not name model and mails (tools/fetch)";
  }

  void expect_golden(const std::string& name, std::vector<std::string> arguments) const {
    const json golden = read_json(data_file("golden.json"));
    const json& expected = golden.at(name).at("scores");
    write_model(model_, name, golden, folder_.file("model"));
    write_mails(mails_, golden.at("step"), expected.size(), folder_.file("mails"));
    arguments.insert(arguments.end(), {"--model", folder_.file("model"), "--input", folder_.file("mails"),
                                       "--output", folder_.file("output"), "--top-k", "0", "--threads", "2"});
    const Finished finished = infer_in_child(arguments, folder_.path());
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
    const json lines = read_lines(folder_.file("output"));
    ASSERT_EQ(lines.size(), expected.size());
    for (std::size_t mail = 0; mail < lines.size(); ++mail)
      EXPECT_LE(largest_difference(scores_of(lines[mail]), expected[mail]), kToReference) << "mail " << mail;
  }

 private:
  const char* model_ = nullptr;
  const char* mails_ = nullptr;
  TempDir folder_;
};

TEST_F(MailScores, OfSeveralLabelsAreThoseOfThePipeline) {
  expect_golden("topics", {});
}

TEST_F(MailScores, OfPairsAreThoseOfACrossEncoder) {
  expect_golden("pairs", {"--pair-field", "next"});
}

}  // namespace
}  // namespace memo::test
