// A tool that is killed while it writes leaves the old file or the new one, whole.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include "tests/scenarios/scenario.h"
#include "tests/support/file_call_killer.h"
#include "tests/support/tiny_texts.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;

class SurvivingFiles : public testing::Test {
 protected:
  SurvivingFiles() {
    fs::create_directory(folder_);
    texts_ = scenario_.write_texts("texts.jsonl", kTexts);
    std::ofstream labels(path("labels.jsonl"));
    for (int i = 0; i < kTexts; ++i) labels << R"({"id": ")" << i << R"(", "label": )" << i % 2 << "}\n";
  }

  std::string path(const std::string& name) const { return scenario_.path(name); }
  std::string output(const std::string& name) const { return folder_ + "/" + name; }
  std::vector<std::string> infer(std::vector<std::string> more) const {
    std::vector<std::string> command{
        program("memo-infer"), "--model", Scenario::model(), "--input", texts_, "--batch", "4"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  static std::vector<std::string> train(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program("memo-train"));
    return arguments;
  }
  void run_to_end(const std::vector<std::string>& command) const {
    const Finished finished = run(command, scenario_.folder());
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  }

  // Kills the command at calls that touch the folder of outputs, from the first to the last of them. A summary's figures
  // differ from run to run: it has to be JSON.
  void expect_old_or_new(const std::vector<std::string>& command, const std::vector<std::string>& outputs) {
    run_to_end(command);
    std::map<std::string, std::string> complete;
    for (const std::string& name : outputs) complete[name] = read_file(output(name));
    const auto whole = run_and_kill(command, folder_, 0);
    if (!whole) GTEST_SKIP() << "this process may not trace its children";
    ASSERT_EQ(whole->exit_code, 0);
    ASSERT_GE(whole->calls, kKills);
    int kept_old = 0;
    for (int kill = 0; kill < kKills; ++kill) {
      const int kill_at = 1 + kill * (whole->calls - 1) / (kKills - 1);
      for (const std::string& name : outputs) std::ofstream(output(name)) << kOld;
      EXPECT_FALSE(run_and_kill(command, folder_, kill_at)->exit_code) << "ended before call " << kill_at;
      for (const std::string& name : outputs) {
        const std::string text = read_file(output(name));
        kept_old += text == kOld ? 1 : 0;
        const bool is_new = name == "summary.json" ? nlohmann::json::accept(text) : text == complete[name];
        EXPECT_TRUE(text == kOld || is_new) << name << " has " << text.size() << " bytes after a kill at call "
                                            << kill_at << " of " << whole->calls;
      }
      expect_nothing_else_but_drafts(outputs);
    }
    EXPECT_GT(kept_old, kKills / 2);
  }

  void expect_nothing_else_but_drafts(const std::vector<std::string>& outputs) const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      const bool is_output = std::find(outputs.begin(), outputs.end(), name) != outputs.end();
      const bool is_draft = name.front() == '.' && name.find(".memo-") != std::string::npos;
      EXPECT_TRUE(is_output || is_draft) << name;
    }
  }

  static constexpr int kKills = 7;
  static constexpr int kTexts = 24;
  static constexpr char kOld[] = "what was there before";
  const Scenario scenario_;
  const std::string folder_ = scenario_.path("outputs");
  std::string texts_;
};

TEST_F(SurvivingFiles, OfInference) {
  expect_old_or_new(infer({"--output", output("out.jsonl"), "--summary", output("summary.json")}),
                    {"out.jsonl", "summary.json"});
}

TEST_F(SurvivingFiles, OfProjection) {
  expect_old_or_new(
      train({"projection", "--hidden", "64", "--length", "32", "--output", output("embedder.safetensors")}),
      {"embedder.safetensors"});
}

TEST_F(SurvivingFiles, OfAHead) {
  run_to_end(infer({"--output", path("plain.jsonl")}));
  expect_old_or_new(train({"head", "--embeddings", path("plain.jsonl"), "--labels", path("labels.jsonl"),
                           "--output", output("head.json")}),
                    {"head.json"});
}

TEST_F(SurvivingFiles, OfACodebook) {
  expect_old_or_new(train({"codebook", "--model", Scenario::model(), "--input", texts_, "--length", "16",
                           "--output", output("codebook.safetensors")}),
                    {"codebook.safetensors"});
}

TEST_F(SurvivingFiles, OfACalibration) {
  expect_old_or_new(train({"calibration", "--model", Scenario::model(), "--input", texts_, "--policy",
                           scenario_.write_policy("lookup", 0), "--output", output("calibration.safetensors")}),
                    {"calibration.safetensors"});
}

TEST_F(SurvivingFiles, OfAnEmbedder) {
  TinyTexts().write(path("many.jsonl"), 200);
  expect_old_or_new(
      train({"embedder", "--model", Scenario::model(), "--input", path("many.jsonl"), "--length", "16", "--steps",
             "1", "--output", output("embedder.safetensors"), "--json", output("figures.json")}),
      {"embedder.safetensors", "figures.json"});
}

TEST_F(SurvivingFiles, OfADump) {
  run_to_end(infer({"--memo", "file:" + scenario_.pool(), "--pool-size", "32MiB", "--output", path("out")}));
  const Finished listed = run({program("memoctl"), "ls", scenario_.pool(), "--json"}, scenario_.folder());
  ASSERT_EQ(listed.exit_code, 0) << listed.errors;
  const nlohmann::json memo = nlohmann::json::parse(listed.output).at("memos").at(0);
  expect_old_or_new({program("memoctl"), "dump", scenario_.pool(), memo.at("key"), "--layer",
                     memo.at("layer").dump(), "--output", output("map.npy")},
                    {"map.npy"});
}

// What a profile writes belongs together: the files of two profiles are refused, and each of them is whole.
TEST_F(SurvivingFiles, OfAProfile) {
  TinyTexts().write(path("many.jsonl"), 200);
  const auto profile = [&](const std::string& seed) {
    return std::vector<std::string>{program("memo-profile"),
                                    "--model",
                                    Scenario::model(),
                                    "--input",
                                    path("many.jsonl"),
                                    "--label-field",
                                    "label",
                                    "--budget",
                                    "100",
                                    "--length",
                                    "16",
                                    "--pool-size",
                                    "64MiB",
                                    "--folder",
                                    scenario_.folder(),
                                    "--seed",
                                    seed,
                                    "--output",
                                    folder_};
  };
  const auto whole = run_and_kill(profile("1"), folder_, 0);
  if (!whole) GTEST_SKIP() << "this process may not trace its children";
  ASSERT_EQ(whole->exit_code, 0);
  const std::vector<std::string> use =
      infer({"--memo", "file:" + scenario_.pool(), "--pool-size", "32MiB", "--policy", output("policy.toml"),
             "--length", "16", "--output", path("out")});
  run_to_end(use);
  for (int kill = 0; kill < kKills; ++kill) {
    const int kill_at = 1 + kill * (whole->calls - 1) / (kKills - 1);
    (void)run_and_kill(profile("2"), folder_, kill_at);  // its calls may be fewer: another policy
    const Finished used = run(use, scenario_.folder());
    EXPECT_TRUE(used.exit_code == 0 ||
                used.errors.find("is not the file that the policy was written with") != std::string::npos)
        << "killed at call " << kill_at << " of " << whole->calls << ": " << used.errors;
    for (const char* name : {"profile.json", "head.json"})
      EXPECT_TRUE(!fs::exists(output(name)) || nlohmann::json::accept(read_file(output(name)))) << name;
  }
}

// A new pool has its name when it is complete; what was left before that does not hinder the next attempt.
TEST_F(SurvivingFiles, OfABackup) {
  run_to_end(infer({"--memo", "file:" + scenario_.pool(), "--pool-size", "32MiB", "--output", path("out")}));
  const std::vector<std::string> backup{program("memoctl"), "backup", scenario_.pool(), output("backup")};
  const auto whole = run_and_kill(backup, folder_, 0);
  if (!whole) GTEST_SKIP() << "this process may not trace its children";
  ASSERT_EQ(whole->exit_code, 0);
  for (int kill_at = 1; kill_at <= whole->calls; ++kill_at) {
    fs::remove(output("backup"));
    EXPECT_FALSE(run_and_kill(backup, folder_, kill_at)->exit_code);
    if (fs::exists(output("backup"))) run_to_end({program("memoctl"), "check", output("backup")});
  }
  fs::remove(output("backup"));
  run_to_end(backup);
  run_to_end({program("memoctl"), "check", output("backup")});
}

}  // namespace
}  // namespace memo::test
