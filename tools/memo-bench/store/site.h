// StoreSite: the stores of one workload: a folder, memod, and the peers' servers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/attached/control_client.h"
#include "tools/common/interrupt.h"
#include "tools/common/temporary_folder.h"
#include "tools/memo-bench/store/server.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

// The size of a pool that holds this many memos, and the memos that a round publishes.
std::uint64_t pool_bytes(const Workload& workload, std::uint64_t memos);
// The same with what memod and `peers` take beside it: what the workload needs of the machine.
std::uint64_t site_bytes(const Workload& workload, std::uint64_t memos, std::size_t peers);

struct StoreSiteOptions {
  std::string memod;   // the program
  std::string folder;  // where to make a folder
  std::vector<std::string> peers;
  std::uint64_t most_memos = 0;
};

// Threads: one at a time. Lifetime: the destructor ends the servers, then removes the folder.
class StoreSite {
 public:
  // Starts everything and waits until memod answers. Errors: what a server said last; interrupted().
  static Result<std::unique_ptr<StoreSite>> start(const Workload& workload, const StoreSiteOptions& options,
                                                  const Interrupt& interrupt);

  struct Place {
    std::string name;  // "memod" first, then peers
    std::string folder;
    std::optional<ServerProcess> server;  // none for what runs in the client
  };
  std::vector<Place>& places() { return places_; }
  ServerProcess& memod() { return *places_.front().server; }

  // memod's memory beside the pool when that was empty, bytes.
  std::uint64_t empty_bytes() const { return empty_bytes_; }

  // Waits until memod does nothing any more: has indexed and prefaulted what it was given.
  Status settle();
  // Evicts this many memos: those that were not meant to last go first.
  Status evict(std::uint64_t memos);
  // CPU seconds of memod a second, while nobody asks it anything.
  Result<double> idle_share(std::chrono::milliseconds time);

 private:
  StoreSite(const std::string& folder, const Interrupt& interrupt)
      : folder_(folder, "memo-bench"), interrupt_(interrupt) {}
  Status start_memod(const Workload& workload, const StoreSiteOptions& options);
  Status start_peer(const std::string& name, std::uint64_t bytes);
  Status await_memod();
  struct IndexState {
    std::uint64_t memos = 0;
    std::uint64_t indexed = 0;  // of them in a graph
  };
  Result<IndexState> index_state();
  Status await_socket(Place& place);

  TemporaryFolder folder_;
  const Interrupt& interrupt_;
  std::vector<Place> places_;
  std::unique_ptr<ControlClient> control_;
  std::uint64_t empty_bytes_ = 0;
};

}  // namespace memo
