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
  // How long one lookup may wait for its answer.
  std::chrono::microseconds lookup_timeout{20'000};
  // How long the attach handshake, or open_space, may take.
  std::chrono::milliseconds control_timeout{2'000};
  // Staging memory for drafts, in bytes; rounded up to 64 KiB.
  std::uint64_t draft_bytes = 32ull << 20;
  // How many views may be held at the same time, 1 .. 65536.
  std::uint32_t leases = 1024;
  // Map the whole pool in, in the background, so that no lookup faults a page. A pool on a disk is not mapped in.
  // A pool that is not on huge pages costs 2 MiB of page tables per GiB.
  bool prefault = true;
  // How often the store tries to reach a lost daemon.
  std::chrono::milliseconds retry_interval{200};

  Status validate() const;
};

// A store that is served by the daemon at `endpoint` ("unix:PATH"). Also succeeds while no daemon listens there:
// the store is then unavailable(), and attaches by itself as soon as a daemon listens.
// Errors: invalid_argument (malformed endpoint, path longer than 107 bytes, bad option),
//         unsupported (a daemon of another protocol version).
Result<std::unique_ptr<MemoStore>> attach(std::string_view endpoint, const AttachOptions& options = {});

// Splits "unix:PATH" / "file:PATH". Errors: invalid_argument; the message says what was expected.
struct Endpoint {
  enum class Scheme { unix_socket, file } scheme;
  std::string path;
  static Result<Endpoint> parse(std::string_view text);
};

}  // namespace memo
