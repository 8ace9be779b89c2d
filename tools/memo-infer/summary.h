// Summary: the figures of a run, for people and for programs.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/memo_store.h"
#include "model/policy/policy.h"
#include "model/text/text_model.h"
#include "tools/memo-infer/batch_runner.h"
#include "tools/memo-infer/options.h"

namespace memo {

struct RunFigures {
  std::uint64_t inputs = 0;
  std::uint64_t warmup_batches = 0;
  double wall_s = 0;
  double cpu_s = 0;
  std::vector<double> latencies_s;  // a batch each
  std::vector<double> page_faults;  // minor ones, a batch each
  RunnerFigures runner;
  MemoStore::PublishCounts publishes;
  bool store_available = false;
  double flush_s = 0;
};

// The smallest value that at least `fraction` of all values do not exceed; 0 when there is none.
double percentile(std::vector<double> values, double fraction);

// The fields are described in memo-infer --help. `policy` is null for a plain run.
nlohmann::ordered_json summary_json(const InferOptions& options, const TextModel& model, const Engine& engine,
                                    std::uint32_t length, const Policy* policy, const RunFigures& figures);

// The same in a few lines for a reader.
std::string summary_text(const nlohmann::ordered_json& summary);

}  // namespace memo
