// Scenario: a folder, a pool, a daemon and inference processes, all real programs of this build.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

// u8 maps of the very same input leave an embedding with at least this cosine to the plain one.
inline constexpr double kExactHitCosine = 0.9995;

class Scenario {
 public:
  Scenario();

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string folder() const { return folder_.path().string(); }
  std::string pool() const { return path("pool"); }
  std::string endpoint() const { return "unix:" + path("socket"); }
  static std::string model() { return std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert"; }

  // JSONL of `count` different texts, each with ids "0", "1", ... Returns its path.
  std::string write_texts(const std::string& name, int count, int first = 0) const;
  // A policy for maps whose layers all do `mode`, e.g. "lookup". Returns its path. selection "fixed": every text is looked up and
  // published, however long that takes and whatever it gains, which is what most scenarios count.
  std::string write_policy(const std::string& mode, double max_distance,
                           const std::string& selection = "fixed") const;

  // Starts memod on pool() and waits until it answers; fails the test when it does not.
  void start_daemon(const std::vector<std::string>& settings = {});
  void stop_daemon();  // SIGTERM; expects exit code 0
  void kill_daemon();  // SIGKILL
  ChildProcess& daemon() { return *daemon_; }

  std::vector<std::string> infer_command(const std::string& input, const std::string& memo,
                                         const std::string& output, const std::string& policy = "") const;

 private:
  TempDir folder_;
  std::unique_ptr<ChildProcess> daemon_;
};

using Embeddings = std::map<std::string, std::vector<double>>;  // by id

// What one inference process wrote.
struct Inference {
  Embeddings embeddings;
  nlohmann::json summary;
  // Summed over layers, e.g. count("exact_hits").
  std::uint64_t count(const std::string& field) const;
};
Inference read_inference(const std::string& output);

// Runs memo-infer to its end; fails the test when it fails.
Inference infer(const Scenario& scenario, const std::string& input, const std::string& memo,
                const std::string& policy = "");

// The smallest cosine between embeddings of the same id. Requires: the same ids on both sides.
double least_cosine(const Embeddings& left, const Embeddings& right);

}  // namespace memo::test
