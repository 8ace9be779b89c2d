#include "memod/store/open_store.h"

#include <chrono>

#include "memo/attach.h"
#include "memod/store/local_store.h"

namespace memo {

Result<std::unique_ptr<MemoStore>> open_store(const std::string& endpoint, std::uint64_t create_bytes) {
  MEMO_ASSIGN_OR_RETURN(const Endpoint parsed, Endpoint::parse(endpoint));
  if (parsed.scheme == Endpoint::Scheme::unix_socket) return attach(endpoint);
  StoreOptions options;
  options.path = parsed.path;
  options.create_bytes = create_bytes;
  options.snapshot_interval = std::chrono::minutes(5);
  return open_local_store(options);
}

}  // namespace memo
