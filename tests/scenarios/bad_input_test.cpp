// Bad input: each a clear one-line error and exit code 2 (usage) or 1 (the rest), nothing lost.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

class BadInput : public testing::Test {
 protected:
  // The program must end with this code and one line on stderr that says `part`.
  void expect_error(const std::vector<std::string>& command, int exit_code, const std::string& part) {
    const Finished finished = run(command, scenario_.folder());
    EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
    EXPECT_NE(finished.errors.find(part), std::string::npos) << "no '" << part << "' in: " << finished.errors;
    EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1) << finished.errors;
  }
  std::vector<std::string> daemon(const std::string& pool, const std::string& size, const std::string& listen) {
    return {program("memod"), "--pool", pool, "--size", size, "--listen", listen};
  }
  std::vector<std::string> infer_with(const std::string& model, const std::string& input) {
    return {program("memo-infer"),
            "--model",
            model,
            "--input",
            input,
            "--text-field",
            "text",
            "--length",
            "48",
            "--threads",
            "1",
            "--memo",
            "none",
            "--output",
            scenario_.path("out.jsonl")};
  }
  std::string copy_of_model(const std::string& name) {
    std::filesystem::copy(Scenario::model(), scenario_.path(name), std::filesystem::copy_options::recursive);
    return scenario_.path(name);
  }
  // A model of three labels, with a vocabulary of single letters.
  std::string scoring_model() {
    const std::string folder = scenario_.path("scores");
    std::filesystem::copy(std::string(MEMO_SOURCE_DIR) + "/tests/data/families/bert-classifier", folder);
    std::string pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char letter = 'a'; letter <= 'z'; ++letter) pieces += std::string(1, letter) + "\n";
    write_file(folder + "/vocab.txt", pieces);
    return folder;
  }
  std::string texts(const std::string& text) {
    write_file(scenario_.path("in.jsonl"), text);
    return scenario_.path("in.jsonl");
  }

  Scenario scenario_;
  const std::string good_line_ = "{\"id\": \"a\", \"text\": \"the memo\"}\n";
};

TEST_F(BadInput, MissingModelFolder) {
  expect_error(infer_with("/no/such/model", texts(good_line_)), 1, "/no/such/model");
}

TEST_F(BadInput, MissingWeights) {
  const std::string model = copy_of_model("model");
  std::filesystem::remove(model + "/model.safetensors");
  expect_error(infer_with(model, texts(good_line_)), 1, "model.safetensors");
}

TEST_F(BadInput, TruncatedWeights) {
  const std::string model = copy_of_model("model");
  const auto size = std::filesystem::file_size(model + "/model.safetensors");
  std::filesystem::resize_file(model + "/model.safetensors", size / 2);
  expect_error(infer_with(model, texts(good_line_)), 1, "model.safetensors");
}

TEST_F(BadInput, UnknownArchitecture) {
  const std::string model = copy_of_model("model");
  auto config = nlohmann::json::parse(read_file(model + "/config.json"));
  config["model_type"] = "mamba";
  write_file(model + "/config.json", config.dump());
  expect_error(infer_with(model, texts(good_line_)), 1, "mamba");
}

TEST_F(BadInput, LineThatIsNotJson) {
  expect_error(infer_with(Scenario::model(), texts(good_line_ + "not json\n")), 1, "in.jsonl:2");
}

TEST_F(BadInput, LineWithoutTheField) {
  expect_error(infer_with(Scenario::model(), texts(good_line_ + "{\"body\": \"x\"}\n")), 1, "in.jsonl:2");
}

TEST_F(BadInput, MissingInputFile) {
  expect_error(infer_with(Scenario::model(), "/no/such.jsonl"), 1, "/no/such.jsonl");
}

TEST_F(BadInput, EmptyTextIsEmbeddedNotDropped) {
  const Finished finished = run(
      infer_with(Scenario::model(), texts(good_line_ + "{\"id\": \"b\", \"text\": \"\"}\n")), scenario_.folder());
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const std::string output = read_file(scenario_.path("out.jsonl"));
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 2);
}

TEST_F(BadInput, PromptByNameOfAModelThatScores) {
  const std::string model = scoring_model();
  write_file(model + "/config_sentence_transformers.json", R"({"prompts": {"query": "q "}})");
  for (const char* name : {"query", "other"}) {
    auto command = infer_with(model, texts(good_line_));
    command.insert(command.end(), {"--prompt-name", name});
    expect_error(command, 1, "--prompt-name: a model that does not embed has no prompts by name");
  }
}

TEST_F(BadInput, LengthThatHoldsNoPair) {
  const std::string line = R"({"id": 1, "text": "a", "other": "b"})";
  const auto command = [&](const std::string& length) {
    return std::vector<std::string>{program("memo-infer"),
                                    "--model",
                                    scoring_model(),
                                    "--input",
                                    texts(line + "\n"),
                                    "--pair-field",
                                    "other",
                                    "--length",
                                    length,
                                    "--output",
                                    scenario_.path("out.jsonl")};
  };
  expect_error(command("3"), 1, "the length is 3 tokens, --pair-field takes at least 4");
  std::filesystem::remove_all(scenario_.path("scores"));
  const Finished shortest = run(command("4"), scenario_.folder());
  EXPECT_EQ(shortest.exit_code, 0) << shortest.errors;
}

// Training that takes an hour and cannot be kept is refused before it begins.
TEST_F(BadInput, OutputThatCannotBeMadeIsSaidBeforeTheWork) {
  const std::string input = texts(good_line_), absent = scenario_.path("absent/out");
  const std::string policy = scenario_.write_policy("lookup", 0), model = "/no/such/model";
  const std::vector<std::string> trained[] = {
      {"codebook", "--model", model, "--input", input, "--output", absent},
      {"embedder", "--model", model, "--input", input, "--output", absent},
      {"embedder", "--model", model, "--input", input, "--output", "-", "--json", absent},
      {"calibration", "--model", model, "--input", input, "--policy", policy, "--output", absent}};
  for (std::vector<std::string> command : trained) {
    command.insert(command.begin(), program("memo-train"));
    expect_error(command, 1, absent);
  }
  auto infer = infer_with(model, input);
  infer.insert(infer.end(), {"--summary", absent});
  expect_error(infer, 1, absent);
}

TEST_F(BadInput, UnknownFlagIsUsage) {
  const Finished finished = run({program("memo-infer"), "--no-such-flag"}, scenario_.folder());
  EXPECT_EQ(finished.exit_code, 2) << finished.errors;
}

TEST_F(BadInput, PolicyOfAnotherLength) {
  write_file(scenario_.path("p.toml"), "format = \"memo-policy\"\nversion = 1\nlength = 32\n");
  auto command = scenario_.infer_command(texts(good_line_), "file:" + scenario_.pool(), scenario_.path("o"), "");
  command.insert(command.end(), {"--policy", scenario_.path("p.toml")});
  expect_error(command, 1, "32");
}

TEST_F(BadInput, FileThatThePolicyWasNotWrittenWith) {
  const std::string input = texts(good_line_);
  const Finished trained = run({program("memo-train"), "codebook", "--model", Scenario::model(), "--input", input,
                                "--length", "48", "--output", scenario_.path("maps.safetensors")},
                               scenario_.folder());
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  write_file(scenario_.path("p.toml"),
             "format = \"memo-policy\"\nversion = 1\nlength = 48\ncodebook = \"maps.safetensors\"\n"
             "[digests]\ncodebook = \"00000000000000000000000000000000\"\n"
             "[[layer]]\nindex = 0\nmode = \"fixed\"\nmap = \"layer.0\"\n");
  expect_error(
      scenario_.infer_command(input, "file:" + scenario_.pool(), scenario_.path("o"), scenario_.path("p.toml")), 1,
      "maps.safetensors: is not the file that the policy was written with");
}

TEST_F(BadInput, PoolThatIsNoPool) {
  write_file(scenario_.pool(), std::string(1 << 20, 'x'));
  expect_error(daemon(scenario_.pool(), "64MiB", scenario_.endpoint()), 1, scenario_.pool());
  EXPECT_EQ(std::filesystem::file_size(scenario_.pool()), 1u << 20);  // nothing lost
}

TEST_F(BadInput, PoolInUse) {
  scenario_.start_daemon();
  expect_error(daemon(scenario_.pool(), "64MiB", "unix:" + scenario_.path("other")), 1, "in use");
  expect_error({program("memoctl"), "info", "file:" + scenario_.pool()}, 1, "in use");
  scenario_.stop_daemon();
}

TEST_F(BadInput, PoolLargerThanTheDisk) {
  expect_error(daemon(scenario_.pool(), "1000TiB", scenario_.endpoint()), 1, scenario_.pool());
  EXPECT_FALSE(std::filesystem::exists(scenario_.pool()));
}

TEST_F(BadInput, PoolTooSmall) {
  expect_error(daemon(scenario_.pool(), "1MiB", scenario_.endpoint()), 1, "16 MiB");
}

TEST_F(BadInput, SizeThatIsNoSize) {
  expect_error(daemon(scenario_.pool(), "lots", scenario_.endpoint()), 2, "lots");
}

TEST_F(BadInput, SocketPathTooLong) {
  expect_error(daemon(scenario_.pool(), "64MiB", "unix:/tmp/" + std::string(120, 's')), 2, "107");
}

TEST_F(BadInput, SocketTaken) {
  scenario_.start_daemon();
  expect_error(daemon(scenario_.path("pool2"), "64MiB", scenario_.endpoint()), 1, "another daemon");
  scenario_.stop_daemon();
}

TEST_F(BadInput, SocketPathIsAFile) {
  write_file(scenario_.path("file"), "precious");
  expect_error(daemon(scenario_.pool(), "64MiB", "unix:" + scenario_.path("file")), 1, "file");
  EXPECT_EQ(read_file(scenario_.path("file")), "precious");
}

TEST_F(BadInput, StaleSocketOfAKilledDaemonIsReplaced) {
  scenario_.start_daemon();
  scenario_.kill_daemon();
  scenario_.start_daemon();
  scenario_.stop_daemon();
  EXPECT_FALSE(std::filesystem::exists(scenario_.path("socket")));
}

TEST_F(BadInput, UnknownKeyInTheConfiguration) {
  write_file(scenario_.path("memod.toml"), "pol = \"x\"\n");
  expect_error({program("memod"), "--config", scenario_.path("memod.toml")}, 2, "pol");
}

}  // namespace
}  // namespace memo::test
