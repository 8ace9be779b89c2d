// Store: one open pool with its catalog and indexes. LocalStore wraps it for its own process; the daemon
// shares it among sessions.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/protocol/unique_fd.h"
#include "client/store_admin.h"
#include "memo/memo_store.h"
#include "memo/status.h"
#include "memo/types.h"
#include "memod/store/leases/lease_table.h"
#include "memod/store/state/answers.h"
#include "memod/store/state/options.h"

namespace memo {

// Threads: every method from any thread.
// Durability: when publish() returns `published`, the memo survives a crash of this process at any instant.
class Store : public StoreAdmin {
 public:
  // Errors: invalid_argument, not_found, in_use, unsupported (layout version), corrupt, full (file system).
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store() override;

  // For callers that use the space afterwards: while `use` lives, the space is not given up for another.
  // Errors: full (all records are of spaces that have memos, or are in use), invalid_argument.
  Result<OpenedSpace> use_space(const SpaceSpec& spec);
  // The same, but the space may be given up for another.
  Result<SpaceId> open_space(const SpaceSpec& spec);
  // Errors: invalid_argument for an unknown id.
  Result<SpaceSpec> space(SpaceId id) const;

  // Answers items as MemoStore::lookup does. The match in found[i] takes lease `leases[i]` of `table`. The first
  // hit of a memo after opening verifies its payload; a damaged memo is erased and missed: its place among the
  // neighbours of an item is then empty.
  // Requires: found.size() == leases.size() == items x neighbours; table is registered; the leases are free.
  // Errors: invalid_argument.
  Status find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
              std::span<std::optional<Found>> found);

  // Copies payload into a free slot, persists it, publishes it, indexes it.
  // Errors: full (until eviction has made room), invalid_argument.
  Result<PublishOutcome> publish(SpaceId space, const Publication& publication,
                                 std::span<const std::byte> payload);
  // The same for a memo from another pool: it keeps its time, its usage and its pin.
  Result<PublishOutcome> import(SpaceId space, const MemoDetail& memo, std::span<const std::byte> payload);

  // Leases of `table` keep their slots from reuse while it is registered.
  void register_leases(LeaseTable& table);
  void unregister_leases(LeaseTable& table);

  // The bytes of a memo that find() answered, in this process's mapping.
  std::span<const std::byte> bytes(std::uint64_t offset, std::uint64_t size) const;
  const std::atomic<std::uint64_t>* state_word(std::uint64_t offset) const;

  // ok, unless the pool was lost meanwhile (StoreOptions::on_lost_pool). Errors: unavailable.
  Status usable() const;
  // Reads the last byte of the pool, and so notices a truncated pool; StoreOptions::on_lost_pool says what happens
  // then.
  void touch_end() const;
  // The pool's file, for clients to map. Errors: internal.
  Result<UniqueFd> open_pool_read_only() const;
  StoreMemory memory() const;

  Result<StoreStats> stats() override;
  Result<MemoPage> list(std::uint64_t cursor, std::uint32_t limit) override;
  Result<CheckPage> check(std::uint64_t cursor, std::uint32_t limit, bool repair) override;
  Result<MemoDetail> show(SpaceId space, Layer layer, const Key& key) override;
  // Durability: from when the slot is free on; a memo that was erased under a lease is back after a crash.
  Status erase(SpaceId space, Layer layer, const Key& key) override;
  Status set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) override;
  Result<std::uint64_t> evict(SpaceId space, std::uint64_t memos) override;
  Status set_quota(SpaceId space, std::uint64_t bytes) override;
  Result<CompactStep> drop(SpaceId space) override;
  Result<CompactStep> compact() override;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<Store>> open_valid(const StoreOptions& options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace memo
