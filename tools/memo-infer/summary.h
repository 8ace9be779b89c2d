// Summary: the figures of a run, for people and for programs.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/memo_store.h"
#include "model/text_model/text_model.h"
#include "tools/memo-infer/options.h"

namespace memo {

struct RunFigures {
  std::uint64_t inputs = 0;
  std::uint64_t warmup_batches = 0;
  double wall_s = 0;
  double cpu_s = 0;
  std::vector<double> latencies_s;  // a batch each
  std::vector<double> page_faults;  // minor ones, a batch each
  TextModelFigures model;
  MemoStore::PublishCounts publishes;
  bool store_available = false;
  double flush_s = 0;
};

// The smallest value that at least `fraction` of all values do not exceed; 0 when there is none.
double percentile(std::vector<double> values, double fraction);

// The fields are described in memo-infer --help.
nlohmann::ordered_json summary_json(const InferOptions& options, TextModel& model, const RunFigures& figures);

// The same in a few lines for a reader.
std::string summary_text(const nlohmann::ordered_json& summary);

}  // namespace memo
