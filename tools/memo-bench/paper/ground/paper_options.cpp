#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "tools/memo-bench/paper/ground/latency_bench.h"

namespace memo {
namespace {

constexpr const char* kExperiments[] = {"threshold", "latency", "size", "cost"};

Status refuse(const std::string& message) {
  return {StatusCode::invalid_argument, message};
}

Status check_experiments(const PaperBench& options) {
  if (options.experiments.empty()) return refuse("--experiments is empty");
  for (const std::string& name : options.experiments)
    if (std::find(std::begin(kExperiments), std::end(kExperiments), name) == std::end(kExperiments))
      return refuse(fmt::format("--experiments has \"{}\", known are {}", name, fmt::join(kExperiments, ", ")));
  return Status::ok();
}

Status check_thresholds(const PaperBench& options) {
  for (const float distance : options.distances)
    if (!(distance > 0 && distance < 1e5f))
      return refuse(fmt::format(
          "--distances has {}, must be above 0 and below 100000; 0 and any distance are always among the rows",
          distance));
  for (const double similarity : options.similarities)
    if (!(similarity > 0 && similarity < 1))
      return refuse(fmt::format("--similarities has {}, must be between 0 and 1", similarity));
  if (!std::is_sorted(options.distances.begin(), options.distances.end()))
    return refuse("--distances must ascend");
  if (!std::is_sorted(options.similarities.rbegin(), options.similarities.rend()))
    return refuse("--similarities must descend");
  return Status::ok();
}

Status check_sizes(const PaperBench& options) {
  if (options.sizes.empty() || options.sizes.front() == 0) return refuse("--sizes has 0 texts");
  if (std::adjacent_find(options.sizes.begin(), options.sizes.end(), std::greater_equal<>()) !=
      options.sizes.end())
    return refuse("--sizes must ascend");
  return Status::ok();
}

// The engine bench, which runs them, checks models, lengths, batches, types and threads.
Status check_latency(const PaperBench& options) {
  const Status valid = latency_bench(options).validate();
  if (valid) return valid;
  const std::string message = valid.message();
  constexpr std::string_view kTheirs = "--models";
  return message.rfind(kTheirs, 0) == 0 ? refuse("--families" + message.substr(kTheirs.size())) : valid;
}

}  // namespace

EngineBench latency_bench(const PaperBench& options) {
  EngineBench engine;
  engine.models = options.families;
  engine.lengths = options.lengths;
  engine.batches = options.batches;
  engine.dtypes = options.dtypes;
  engine.threads = {options.threads};
  engine.rounds = options.rounds;
  engine.folder = options.folder;
  return engine;
}

bool PaperBench::has(const std::string& experiment) const {
  return std::find(experiments.begin(), experiments.end(), experiment) != experiments.end();
}

Status PaperBench::validate() const {
  MEMO_RETURN_IF_ERROR(check_experiments(*this));
  if (lengths.empty() || dtypes.empty()) return refuse("--lengths and --dtypes need a value each");
  MEMO_RETURN_IF_ERROR(check_latency(*this));
  MEMO_RETURN_IF_ERROR(check_thresholds(*this));
  MEMO_RETURN_IF_ERROR(check_sizes(*this));
  if (has_texts() && model.empty()) return refuse("--model is missing: only latency goes without");
  if (has_texts() && source.path.empty()) return refuse("--input is missing: only latency goes without");
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return refuse(fmt::format("--folder: there is no folder {}", folder));
  return Status::ok();
}

}  // namespace memo
