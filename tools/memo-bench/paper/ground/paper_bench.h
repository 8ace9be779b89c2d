// memo-bench paper: the experiments of AttMEMO (arXiv 2301.09262) on this engine, this machine and real texts.
//
// Every time includes what memoization costs: features, searches, reading maps, misses. Plain is the same engine
// without memos, in the same run.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/status.h"

namespace memo {

struct PaperBench {
  std::string model;
  TextSource source;
  std::string label_field;  // empty: no labels, and no accuracy
  std::vector<std::string> experiments = {"threshold", "latency", "size", "cost"};
  // The first of each is that of the experiments on texts; latency has all, cost all types.
  std::vector<std::uint32_t> lengths = {128, 512};
  std::vector<std::string> dtypes = {"f32", "bf16"};
  // Thresholds: on the distance of features, the same in all layers; and on the similarity that distances predict.
  std::vector<float> distances = {0.1f, 0.2f, 0.3f, 0.4f};
  std::vector<double> similarities = {0.9, 0.8, 0.7};
  std::vector<std::uint32_t> sizes = {125, 250, 500, 1000, 2000, 4000};
  std::uint32_t stored = 4000;     // texts whose maps are stored, at most
  std::uint32_t probed = 300;      // texts whose maps are compared with stored ones
  std::uint32_t cost_texts = 200;  // a round
  std::uint32_t fitted = 1000;     // texts that average maps are made of
  std::vector<std::string> families = {"minilm", "bert-base", "roberta-base", "deberta-base", "gpt2"};
  std::vector<std::uint32_t> batches = {1, 8};  // of latency
  std::uint32_t batch = 8;                      // of everything else
  std::uint32_t threads = 2;                    // of everything but cost, which has one
  std::uint32_t rounds = 3;                     // of latency and cost
  std::uint64_t seed = 1;                       // of the split
  bool quick = false;
  std::string folder = "/dev/shm";  // for pools, deleted afterwards
  std::string suite;                // folder for paper.json, paper.md and pictures; empty: none
  std::string json;                 // file for the figures; empty: stdout

  bool has(const std::string& experiment) const;
  bool has_texts() const { return has("threshold") || has("size") || has("cost"); }
  std::uint32_t main_length() const { return lengths.front(); }

  // Errors: invalid_argument, naming the option.
  Status validate() const;
};

// An interrupted run answers the experiments, and the rows of them, that were complete: "interrupted" is true.
// Errors: of the model, the texts and the stores; invalid_argument (there is too little room for --stored).
Result<nlohmann::ordered_json> run_paper_bench(const PaperBench& options);

}  // namespace memo
