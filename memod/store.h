// Store: one open pool with its catalog and indexes. LocalStore wraps it for its own process; the daemon
// shares it among sessions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/inspector.h"
#include "client/memo_store.h"
#include "client/status.h"
#include "client/types.h"
#include "memod/session/lease_table.h"

namespace memo {

struct StoreOptions {
  std::string path;
  // Size of a pool that does not exist yet, bytes; 0: the pool must exist.
  std::uint64_t create_bytes = 0;
  // Fault in the memory of new extents ahead of use.
  bool prefault = true;

  Status validate() const;
};

// Where a found memo lies: file offsets in the pool, the same in every mapping of it.
struct Found {
  std::uint64_t slot = 0;
  std::uint64_t state_word_offset = 0;
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_bytes = 0;
  Generation generation{};
  bool exact = false;
  float distance = 0;
  std::uint32_t length = 0;
  Key key;
};

enum class PublishOutcome { published, duplicate };

// Threads: every method from any thread.
// Durability: when publish() returns `published`, the memo survives a crash of this process at any instant.
class Store : public StoreInspector {
 public:
  // Errors: invalid_argument, not_found, in_use, unsupported (layout version), corrupt, full (file system).
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store() override;

  Result<SpaceId> open_space(const SpaceSpec& spec);
  // Errors: invalid_argument for an unknown id.
  Result<SpaceSpec> space(SpaceId id) const;

  // Answers items as MemoStore::lookup does. A hit of item i takes lease `leases[i]` of `table`.
  // Requires: found.size() == leases.size() == request.items.size(); table is registered; the leases are free.
  Status find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
              std::span<std::optional<Found>> found);

  // Copies payload into a free slot, persists it, publishes it, indexes it.
  // Errors: full, invalid_argument.
  Result<PublishOutcome> publish(SpaceId space, const Publication& publication,
                                 std::span<const std::byte> payload);

  // Makes the memo unfindable and frees its slot once no lease holds it.
  // Durability: from when its slot is free on; a memo that was erased under a lease is back after a crash.
  // Errors: not_found.
  Status erase(SpaceId space, Layer layer, const Key& key);

  // Leases of `table` keep their slots from reuse while it is registered.
  void register_leases(LeaseTable& table);
  void unregister_leases(LeaseTable& table);

  // Turns into bytes what find() answered, in this process's mapping.
  std::span<const std::byte> bytes(std::uint64_t offset, std::uint64_t size) const;
  const std::atomic<std::uint64_t>* state_word(std::uint64_t offset) const;

  const std::string& path() const;
  // Memos that open() found damaged (header or feature fails its checksum) and freed.
  std::uint64_t damaged_at_open() const;

  Result<StoreStats> stats() override;
  Result<MemoPage> list(std::uint64_t cursor, std::uint32_t limit) override;
  Result<CheckPage> check(std::uint64_t cursor, std::uint32_t limit) override;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace memo
