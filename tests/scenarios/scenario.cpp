#include "tests/scenarios/scenario.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/support/eventually.h"

namespace memo::test {
namespace {

constexpr int kLength = 48;
// ThreadSanitizer does not see how oneTBB, which is not instrumented, orders its tasks.
#ifdef __SANITIZE_THREAD__
constexpr int kThreads = 1;
#else
constexpr int kThreads = 2;
#endif

std::string random_text(std::mt19937& random) {
  static const char* const words[] = {"the",   "memo", "pool",  "layer", "reads", "a",    "map",
                                      "again", "and",  "mail",  "time",  "offer", "free", "list",
                                      "wrote", "of",   "click", "you",   "here",  "is"};
  std::uniform_int_distribution<int> length(3, 60);
  std::uniform_int_distribution<std::size_t> pick(0, std::size(words) - 1);
  std::string text;
  for (int left = length(random); left > 0; --left) text += std::string(words[pick(random)]) + " ";
  return text;
}

std::string unique_output(const Scenario& scenario) {
  static int count = 0;
  return scenario.path("output" + std::to_string(count++) + ".jsonl");
}

double cosine(const std::vector<double>& left, const std::vector<double>& right) {
  double dot = 0, left_square = 0, right_square = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    dot += left[i] * right[i];
    left_square += left[i] * left[i];
    right_square += right[i] * right[i];
  }
  return dot / std::sqrt(left_square * right_square);
}

}  // namespace

Scenario::Scenario() = default;

std::string Scenario::write_texts(const std::string& name, int count, int first) const {
  std::ofstream file(path(name));
  for (int id = first; id < first + count; ++id) {
    std::mt19937 random(static_cast<unsigned>(id));
    file << nlohmann::json{{"id", std::to_string(id)}, {"text", random_text(random)}}.dump() << "\n";
  }
  return path(name);
}

std::string Scenario::write_policy(const std::string& mode, double max_distance,
                                   const std::string& selection) const {
  std::ofstream(path("policy.toml")) << "format = \"memo-policy\"\nversion = 1\nkinds = [\"map\"]\nselection = \""
                                     << selection << "\"\nlength = " << kLength << "\n[default]\nmode = \"" << mode
                                     << "\"\nmax_distance = " << std::fixed << max_distance << "\n";
  return path("policy.toml");
}

void Scenario::start_daemon(const std::vector<std::string>& settings) {
  std::vector<std::string> command = {program("memod"), "--pool",   pool(),    "--size",
                                      "64MiB",          "--listen", endpoint()};
  command.insert(command.end(), settings.begin(), settings.end());
  daemon_ = std::make_unique<ChildProcess>(command, folder());
  const auto answers = [this] { return run({program("memoctl"), "info", endpoint()}, folder()).exit_code == 0; };
  ASSERT_TRUE(eventually([&] { return answers() || !daemon_->running(); }));
  ASSERT_TRUE(daemon_->running()) << daemon_->errors();
}

void Scenario::stop_daemon() {
  daemon_->signal(SIGTERM);
  ASSERT_EQ(daemon_->wait(), 0) << daemon_->errors();
}

void Scenario::kill_daemon() {
  daemon_->signal(SIGKILL);
  ASSERT_EQ(daemon_->wait(), 128 + SIGKILL);
}

std::vector<std::string> Scenario::infer_command(const std::string& input, const std::string& memo,
                                                 const std::string& output, const std::string& policy) const {
  std::vector<std::string> command = {program("memo-infer"),
                                      "--model",
                                      model(),
                                      "--input",
                                      input,
                                      "--text-field",
                                      "text",
                                      "--length",
                                      std::to_string(kLength),
                                      "--batch",
                                      "8",
                                      "--threads",
                                      std::to_string(kThreads),
                                      "--memo",
                                      memo,
                                      "--output",
                                      output,
                                      "--summary",
                                      output + ".summary"};
  if (!policy.empty()) command.insert(command.end(), {"--policy", policy});
  return command;
}

std::uint64_t Inference::count(const std::string& field) const {
  std::uint64_t sum = 0;
  for (const auto& layer : summary.at("layers")) sum += layer.at(field).get<std::uint64_t>();
  return sum;
}

Inference read_inference(const std::string& output) {
  Inference inference;
  std::istringstream lines(read_file(output));
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line);
    inference.embeddings[record.at("id")] = record.at("embedding").get<std::vector<double>>();
  }
  inference.summary = nlohmann::json::parse(read_file(output + ".summary"));
  return inference;
}

Inference infer(const Scenario& scenario, const std::string& input, const std::string& memo,
                const std::string& policy) {
  const std::string output = unique_output(scenario);
  const Finished finished = run(scenario.infer_command(input, memo, output, policy), scenario.folder());
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  return finished.exit_code == 0 ? read_inference(output) : Inference{};
}

double least_cosine(const Embeddings& left, const Embeddings& right) {
  EXPECT_EQ(left.size(), right.size());
  double least = 1;
  for (const auto& [id, embedding] : left) least = std::min(least, cosine(embedding, right.at(id)));
  return least;
}

}  // namespace memo::test
