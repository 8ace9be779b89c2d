#include <fmt/format.h>

#include "tools/memo-bench/store/peers/peers.h"

namespace memo {

Result<std::unique_ptr<Contestant>> open_peer(const std::string& name, [[maybe_unused]] const Workload& workload,
                                              [[maybe_unused]] const ContestantPlace& place) {
#ifdef MEMO_PEER_REDIS
  if (name == "redis") return open_redis(workload, place);
#endif
#ifdef MEMO_PEER_MEMCACHED
  if (name == "memcached") return open_memcached(workload, place);
#endif
#ifdef MEMO_PEER_LMDB
  if (name == "lmdb") return open_lmdb(workload, place);
#endif
#ifdef MEMO_PEER_ROCKSDB
  if (name == "rocksdb") return open_rocksdb(workload, place);
#endif
  return Status(StatusCode::unsupported, fmt::format("there is no peer {} in this build", name));
}

}  // namespace memo
