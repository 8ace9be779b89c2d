// StoreCases: one workload file, measured at all its sizes and with all its numbers of clients.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tools/common/interrupt.h"
#include "tools/memo-bench/store/bench.h"
#include "tools/memo-bench/store/crew.h"
#include "tools/memo-bench/store/report/summary.h"
#include "tools/memo-bench/store/site.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

// Sizes are measured in their order in one store that grows, so that a million memos are indexed once.
// Threads: one at a time.
class StoreCases {
 public:
  using TakeCase = std::function<void(const nlohmann::ordered_json&)>;

  // Lifetime: options and interrupt outlive this.
  StoreCases(WorkloadFile file, std::vector<std::string> peers, const StoreBench& options,
             const Interrupt& interrupt);
  // Hands every case over as soon as it is measured.
  Status run(const TakeCase& take);

 private:
  using Json = nlohmann::ordered_json;
  Status run_size(const TakeCase& take);
  Result<Json> run_case();
  Status fill_all(std::uint64_t first);
  Status open_all();
  Status close_all();
  Status run_round(StoreSite::Place& place, std::uint32_t number, ContestantRounds* rounds);
  Status add_recall(Json& measured);
  Status add_memory(Json& measured);
  bool is_similar() const { return workload_.lookup == LookupKind::similar; }

  const WorkloadFile file_;
  const std::vector<std::string> peers_;
  const StoreBench& options_;
  const Interrupt& interrupt_;
  Workload workload_;  // at the present size and number of clients
  std::unique_ptr<StoreSite> site_;
  std::unique_ptr<ClientCrew> crew_;
  double fill_s_ = 0;
  double index_s_ = 0;
  std::uint32_t next_round_ = 0;  // rounds have numbers of their own: nothing is published twice
};

}  // namespace memo
