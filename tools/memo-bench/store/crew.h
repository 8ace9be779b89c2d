// ClientCrew: the client processes of one workload, as memo-bench sees them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tools/common/interrupt.h"
#include "tools/memo-bench/common/peer_process.h"
#include "tools/memo-bench/store/workload/round.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

// Processes rather than threads: threads of one process would share an attachment, or at least the page tables,
// the allocator and the CPU time that is counted; inference processes share none of these.
//
// Threads: one at a time. Lifetime: the destructor ends the processes.
// Errors, of every method: those that a client answered; unavailable (a client has ended); "interrupted".
class ClientCrew {
 public:
  // `program` is memo-bench-client.
  static Result<ClientCrew> start(const std::string& program, std::uint32_t count, const Interrupt& interrupt);

  // Tells all clients the present workload.
  Status set_workload(const Workload& workload);
  Status open(std::uint32_t clients, const std::string& contestant, const std::string& folder);
  Status close(std::uint32_t clients, const std::string& contestant);
  // By the first client, which has the contestant to itself meanwhile.
  Status fill(const std::string& contestant, const std::string& folder, std::uint64_t first, std::uint64_t last);

  struct Round {
    std::string contestant;
    std::uint32_t clients = 1;
    std::uint32_t number = 0;
    double seconds = 0;
    std::uint64_t operations = 0;
  };
  // By client.
  Result<std::vector<RoundFigures>> run(const Round& round);
  // By the first client: what it found for each of recall_query().
  Result<nlohmann::ordered_json> recall(const std::string& contestant, std::uint32_t queries);

 private:
  using Json = nlohmann::ordered_json;
  explicit ClientCrew(const Interrupt& interrupt) : interrupt_(&interrupt) {}
  Result<std::vector<Json>> ask(std::uint32_t clients, const Json& order);
  Result<Json> receive(PeerProcess& client);

  const Interrupt* interrupt_;
  std::vector<PeerProcess> clients_;
};

// The status of a benchmark that a signal ended.
Status interrupted();

}  // namespace memo
