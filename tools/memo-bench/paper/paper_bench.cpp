#include "tools/memo-bench/paper/ground/paper_bench.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <filesystem>

#include "client/process/stderr_text.h"
#include "embed/files/output_file.h"
#include "tools/memo-bench/common/figures_file.h"
#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/paper/experiments/cost_experiment.h"
#include "tools/memo-bench/paper/experiments/size_experiment.h"
#include "tools/memo-bench/paper/experiments/threshold_experiment.h"
#include "tools/memo-bench/paper/ground/latency_bench.h"
#include "tools/memo-bench/paper/page/paper_page.h"
#include "tools/memo-bench/paper/page/paper_plots.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("--suite {}: {}", path, error.message())};
}

class PaperRun {
 public:
  explicit PaperRun(const PaperBench& options) : options_(options) {
    result_ = {{"machine", machine_json()}, {"quick", options.quick}, {"notes", Json::array()}};
  }

  Result<Json> run() {
    print_stderr("{}\n", describe_machine(result_["machine"]));
    if (options_.has_texts()) MEMO_RETURN_IF_ERROR(run_on_texts());
    if (options_.has("latency") && !interrupted()) MEMO_RETURN_IF_ERROR(run_latency());
    result_["machine"]["load_at_end"] = machine_json().at("load");
    if (interrupted()) print_stderr("memo-bench: interrupted; what was complete is written\n");
    MEMO_RETURN_IF_ERROR(write_suite());
    return result_;
  }

 private:
  bool interrupted() const { return result_.contains("interrupted"); }

  Status run_on_texts() {
    // Otherwise oneTBB would start no more threads than there are cores, for an arena of any size.
    const oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism,
                                              options_.threads);
    MEMO_ASSIGN_OR_RETURN(const auto ground, PaperGround::make(options_));
    result_["setting"] = ground->setting();
    note_what_is_less(*ground);
    try {
      MEMO_RETURN_IF_ERROR(run_with_pool(*ground));
      if (options_.has("cost")) MEMO_RETURN_IF_ERROR(run_cost(*ground));
    } catch (const Interrupted&) {
      result_["interrupted"] = true;
    }
    return Status::ok();
  }

  // Sizes first: they fill the pool that thresholds look up in.
  Status run_with_pool(PaperGround& ground) {
    if (!options_.has("size") && !options_.has("threshold")) return Status::ok();
    MEMO_ASSIGN_OR_RETURN(const auto pool, MapPool::make(ground, ground.main_type(), ground.stored().size()));
    if (options_.has("size")) MEMO_RETURN_IF_ERROR(run_size_experiment(ground, *pool, result_["size"]["rows"]));
    if (!options_.has("threshold")) return Status::ok();
    MEMO_ASSIGN_OR_RETURN(result_["threshold"], run_threshold_experiment(ground, *pool));
    return Status::ok();
  }

  Status run_cost(PaperGround& ground) {
    Json& cost = result_["cost"];  // before a reference to the notes: adding moves all members
    return run_cost_experiment(ground, cost["types"], result_["notes"]);
  }

  Status run_latency() {
    MEMO_ASSIGN_OR_RETURN(Json measured, run_engine_bench(latency_bench(options_)));
    if (measured.contains("interrupted")) result_["interrupted"] = true;
    result_["latency"] = {{"rounds", options_.rounds}, {"cases", std::move(measured.at("cases"))}};
    return Status::ok();
  }

  void note_what_is_less(const PaperGround& ground) {
    if (ground.main_type() != data_type_named(options_.dtypes.front()))
      note(fmt::format("this CPU has no products of {}: {} instead", options_.dtypes.front(),
                       name_of(ground.main_type())));
    if (ground.stored().size() < options_.stored)
      note(fmt::format("{} texts are stored, as there are no more", ground.stored().size()));
  }

  void note(const std::string& line) {
    print_stderr("memo-bench: {}\n", line);
    result_["notes"].push_back(line);
  }

  Status write_suite() {
    if (options_.suite.empty()) return Status::ok();
    MEMO_ASSIGN_OR_RETURN(const auto pictures, write_paper_plots(result_, options_.suite));
    MEMO_RETURN_IF_ERROR(write_file(options_.suite + "/paper.md", paper_page(result_, pictures)));
    return write_file(options_.suite + "/paper.json", result_.dump(2) + "\n");
  }

  const PaperBench& options_;
  Json result_;
};

}  // namespace

Result<Json> run_paper_bench(const PaperBench& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  // Fails before it has measured anything in vain.
  if (!options.suite.empty()) MEMO_RETURN_IF_ERROR(make_folder(options.suite));
  return run_into_file(options.json, [&] { return PaperRun(options).run(); });
}

}  // namespace memo
