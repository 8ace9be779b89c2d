// StoreClient: the work of a client process of the benchmark. memo-bench gives it orders line by line, in JSON.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tools/memo-bench/store/workload/contestant.h"
#include "tools/memo-bench/store/workload/corpus.h"
#include "tools/memo-bench/store/workload/round.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

// Orders, by "do":
//   workload  {workload, client}: what it will do, as which of the clients
//   open      {contestant, folder, filling}
//   close     {contestant}
//   fill      {contestant, first, last}: publishes these memos and waits until they are stored
//   run       {contestant, round, start_ns, seconds, operations}: a round from this instant of the monotonic
//             clock on; answers figures
//   recall    {contestant, queries}: answers keys and distances of what was found
// Answers: {"ok": true, ...} or {"ok": false, "error": TEXT}.
//
// Threads: one at a time.
class StoreClient {
 public:
  // Never throws.
  nlohmann::ordered_json answer(const std::string& order) noexcept;

 private:
  using Json = nlohmann::ordered_json;
  Result<Json> obey(const Json& order);
  Result<Json> open(const Json& order);
  Result<Json> fill(const Json& order);
  Result<Json> run(const Json& order);
  Result<Json> recall(const Json& order);
  Contestant& contestant(const Json& order);

  Workload workload_;
  std::uint32_t client_ = 0;
  std::optional<Corpus> corpus_;
  std::map<std::string, std::unique_ptr<Contestant>> contestants_;
};

}  // namespace memo
