// The stores that memod is measured beside. Each is optional: what is not built in says which packages it needs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tools/memo-bench/store/workload/contestant.h"

namespace memo {

struct PeerInfo {
  const char* name;
  const char* packages;  // Debian's, to build it in and to run it
  const char* server;    // the program that memo-bench starts; null: it runs in the client's process
  bool built_in;
};
std::span<const PeerInfo> known_peers();
const PeerInfo* find_peer(const std::string& name);

// Why the peer cannot be measured here, with the command that helps; ok when it can.
Status check_peer(const PeerInfo& peer);

// The command that starts a peer's server, listening on FOLDER/socket, without persistence, with room for `bytes`.
// Requires: peer.server.
Result<std::vector<std::string>> peer_server_command(const PeerInfo& peer, const std::string& folder,
                                                     std::uint64_t bytes);

// Errors: unsupported (not built in), unavailable (its server does not answer), internal.
Result<std::unique_ptr<Contestant>> open_peer(const std::string& name, const Workload& workload,
                                              const ContestantPlace& place);

// One for each peer; those that are not built in do not exist.
Result<std::unique_ptr<Contestant>> open_redis(const Workload& workload, const ContestantPlace& place);
Result<std::unique_ptr<Contestant>> open_memcached(const Workload& workload, const ContestantPlace& place);
Result<std::unique_ptr<Contestant>> open_lmdb(const Workload& workload, const ContestantPlace& place);
Result<std::unique_ptr<Contestant>> open_rocksdb(const Workload& workload, const ContestantPlace& place);

}  // namespace memo
