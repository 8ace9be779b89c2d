// Another inference engine in a process of its own, which runs the same weights and ids and tells how long it
// took. It is held to this process's instruction set where it can be (held_cpu.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/memo-bench/common/peer_process.h"

namespace memo {

struct PeerOptions {
  std::string name;  // onnxruntime, openvino or torch
  std::uint32_t threads = 1;
  std::string dtype = "f32";  // or bf16, s8
  std::string script_folder;  // where peer_server.py is
  std::string python;         // of the peer's virtual environment, as peers/setup prints it
  std::chrono::milliseconds patience = std::chrono::minutes(5);  // for one answer; loading counts, too

  Status validate() const;
};

// How a peer makes s8 of a model. way: static or dynamic; empty: whichever is faster. calibration [texts][length]: ids
// that ranges of activations are taken from; empty: random ones.
struct PeerQuantization {
  std::string way;
  std::vector<std::vector<std::int64_t>> calibration;
};

// The python of a peer's virtual environment, which a script (peers/setup) installs where it is missing. Empty: it
// cannot be installed.
std::string installed_python(const std::string& setup, const std::string& peer);

// Units: milliseconds of one pass over the batch; cpu_ms sums all threads of the peer's process.
struct PeerTiming {
  double wall_ms = 0;
  double cpu_ms = 0;
};

// Shapes: ids are [batch][length] of the last load; every sequence has the full length.
// Threads: one at a time. Lifetime: the peer's process ends with the object.
// Errors: unavailable (cannot be started, ended), deadline_exceeded, corrupt (an answer that makes no sense),
// invalid_argument (the peer refused: its own words). All name the peer.
class Peer {
 public:
  static Result<Peer> start(const PeerOptions& options);

  // Builds the model of a Hugging Face style folder, in whichever way this peer runs it fastest.
  Status load(const std::string& model_folder, std::uint32_t batch, std::uint32_t length,
              const PeerQuantization& quantization = {});
  Result<PeerTiming> run(const std::vector<std::vector<std::int64_t>>& ids);
  // The final hidden states, [batch x length x hidden] row-major.
  Result<std::vector<float>> states(const std::vector<std::vector<std::int64_t>>& ids);

  const std::string& name() const { return options_.name; }
  // Both of the last load.
  const std::string& version() const { return version_; }
  const nlohmann::json& settings() const { return settings_; }

 private:
  Peer(PeerOptions options, PeerProcess process) : options_(std::move(options)), process_(std::move(process)) {}

  Result<nlohmann::json> ask(const nlohmann::json& request);
  Status failure(const Status& status) const;

  PeerOptions options_;
  PeerProcess process_;
  std::string version_;
  nlohmann::json settings_;
};

}  // namespace memo
