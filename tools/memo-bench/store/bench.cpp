#include "tools/memo-bench/store/bench.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <filesystem>

#include "client/process/stderr_text.h"
#include "embed/files/output_file.h"
#include "tools/common/interrupt.h"
#include "tools/memo-bench/common/figures_file.h"
#include "tools/memo-bench/common/machine.h"
#include "tools/memo-bench/store/case.h"
#include "tools/memo-bench/store/fit.h"
#include "tools/memo-bench/store/peers/peers.h"
#include "tools/memo-bench/store/report/plot.h"
#include "tools/memo-bench/store/report/table.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// Share of the free memory that is used: other processes need some, too.
constexpr double kShareOfRoom = 0.75;

// Peers know keys only, and the benchmark publishes nothing to them while it measures.
bool is_for_peers(const Workload& workload) {
  return workload.lookup == LookupKind::exact && workload.publish_share == 0;
}

class Bench {
 public:
  explicit Bench(const StoreBench& options) : options_(options) {
    result_ = {
        {"machine", machine_json()}, {"quick", options.quick}, {"notes", Json::array()}, {"cases", Json::array()}};
  }

  Result<Json> run() {
    MEMO_RETURN_IF_ERROR(read_workloads());
    choose_peers();
    print_stderr("{}\n{}", describe_machine(result_["machine"]), table_header());
    for (WorkloadFile& file : files_) MEMO_RETURN_IF_ERROR(run_workload(file));
    MEMO_RETURN_IF_ERROR(write_suite());
    if (!options_.plot.empty())
      if (const auto drawn = write_store_plots(result_["cases"], options_.plot); !drawn) return drawn.status();
    return result_;
  }

 private:
  Status read_workloads() {
    std::vector<std::string> names = options_.workloads;
    if (names.empty())
      for (const ShippedWorkload& shipped : shipped_workloads()) names.emplace_back(shipped.name);
    for (const std::string& name : names) {
      MEMO_ASSIGN_OR_RETURN(auto file, find_workload(name));
      if (options_.quick) make_quick(file);
      files_.push_back(std::move(file));
    }
    return Status::ok();
  }

  void choose_peers() {
    for (const std::string& name : options_.peers) {
      const Status usable = check_peer(*find_peer(name));
      if (usable)
        peers_.push_back(name);
      else
        note(fmt::format("{} is left out: {}", name, usable.message()));
    }
  }

  Status run_workload(WorkloadFile& file) {
    const std::vector<std::string> peers = is_for_peers(file.workload) ? peers_ : std::vector<std::string>();
    std::vector<std::string> notes;
    const auto room = static_cast<std::uint64_t>(kShareOfRoom * static_cast<double>(room_in(options_.folder)));
    const Status fits = fit_to_room(file, peers.size(), room, notes);
    if (!fits) notes.push_back(fits.message() + "; left out");
    for (const std::string& line : notes) note(line);
    if (!fits) return Status::ok();
    StoreCases cases(file, peers, options_, interrupt_);
    return cases.run([this](const Json& measured) {
      print_stderr("{}", table_lines(measured));
      result_["cases"].push_back(measured);
    });
  }

  Status write_suite() {
    if (options_.suite.empty()) return Status::ok();
    std::filesystem::create_directories(options_.suite);
    std::string text = markdown_tables(result_);
    MEMO_ASSIGN_OR_RETURN(const auto plots, write_store_plots(result_["cases"], options_.suite));
    for (const std::string& file : plots) text += fmt::format("\n![{}]({})\n", file, file);
    MEMO_RETURN_IF_ERROR(write_file(options_.suite + "/store.md", text));
    return write_file(options_.suite + "/store.json", result_.dump(2) + "\n");
  }

  void note(const std::string& line) {
    print_stderr("memo-bench: {}\n", line);
    result_["notes"].push_back(line);
  }

  const StoreBench& options_;
  const Interrupt interrupt_;
  std::vector<WorkloadFile> files_;
  std::vector<std::string> peers_;
  Json result_;
};

}  // namespace

Status StoreBench::validate() const {
  for (const std::string& peer : peers) {
    if (find_peer(peer) != nullptr) continue;
    std::vector<std::string> names;
    for (const PeerInfo& known : known_peers()) names.emplace_back(known.name);
    return {StatusCode::invalid_argument,
            fmt::format("--peers: {} is not one of {}", peer, fmt::join(names, ", "))};
  }
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return {StatusCode::invalid_argument, fmt::format("--folder: there is no folder {}", folder)};
  return Status::ok();
}

Result<Json> run_store_bench(const StoreBench& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  return run_into_file(options.json, [&] { return Bench(options).run(); });
}

}  // namespace memo
