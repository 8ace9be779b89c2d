// memo-bench engine: the engine plain and memoized, and beside other engines, in interleaved runs.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct EngineBench {
  std::vector<std::string> models = {"minilm", "bert-base", "roberta-base", "deberta-base", "gpt2"};
  std::vector<std::uint32_t> lengths = {64, 128, 256, 512};
  std::vector<std::uint32_t> batches = {1, 8};
  std::vector<std::string> dtypes = {"f32", "bf16"};
  std::vector<std::uint32_t> threads = {1};
  std::vector<std::string> modes = {"plain", "fixed", "hit", "mixed"};  // "plain" first
  std::vector<std::string> peers;                                       // onnxruntime, openvino, torch
  std::uint32_t rounds = 7;
  std::string folder = "/dev/shm";  // for pools and the models that peers read, deleted afterwards
  std::string setup;                // the script that installs peers; default: beside this source tree
  std::string plot;                 // an SVG file; empty: none

  // Errors: invalid_argument.
  Status validate() const;
};

// A table goes to stderr while it is measured.
Result<nlohmann::ordered_json> run_engine_bench(const EngineBench& options);

}  // namespace memo
