// attach(): join a running memod.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "memo/memo_store.h"

namespace memo {

struct AttachOptions {
  // Longest time that one lookup may wait for its answer.
  std::chrono::microseconds lookup_deadline{20'000};
  // Longest time for the attach handshake and for open_space.
  std::chrono::milliseconds control_deadline{2'000};
  // Staging memory for publishes, bytes; rounded up to 64 KiB.
  std::uint64_t draft_bytes = 32ull << 20;
  // Views held at the same time, 1 .. 65536.
  std::uint32_t leases = 1024;
  // Map the whole pool in, in the background, so that no lookup faults a page. Not done for a pool on a disk. Where the
  // pool is not on huge pages, it costs 2 MiB of page tables a GiB.
  bool prefault = true;
  // How often a lost daemon is looked for.
  std::chrono::milliseconds retry_interval{200};

  Status validate() const;
};

// A store that is served by the daemon at `endpoint` ("unix:PATH"). Succeeds also while no daemon listens
// there: the store is then unavailable(), and attaches by itself as soon as one does.
// Errors: invalid_argument (malformed endpoint, path longer than 107 bytes, bad option),
//         unsupported (a daemon of another protocol version).
Result<std::unique_ptr<MemoStore>> attach(std::string_view endpoint, const AttachOptions& options = {});

// Splits "unix:PATH" / "file:PATH". Errors: invalid_argument saying what was expected.
struct Endpoint {
  enum class Scheme { unix_socket, file } scheme;
  std::string path;
  static Result<Endpoint> parse(std::string_view text);
};

}  // namespace memo
