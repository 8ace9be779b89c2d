// AttachedMemory: what one session maps: the pool, read-only, and the session's segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "client/attached/control_client.h"
#include "client/attached/draft_area.h"
#include "client/attached/lease_slots.h"
#include "client/memory/fault_guard.h"
#include "client/memory/warmer.h"
#include "client/protocol/mapping.h"
#include "client/protocol/ring_messages.h"
#include "client/protocol/segment.h"
#include "memo/memo_store.h"

namespace memo {

// Lifetime: the attachment, its views and its drafts share it, so what they point to stays mapped after the daemon
// is gone.
// Threads: any.
class AttachedMemory : public std::enable_shared_from_this<AttachedMemory> {
 public:
  // Maps what the daemon sent, after checking that it is as large as the reply says.
  // Errors: corrupt.
  // `prefault`: bring the pool into memory in the background.
  static Result<std::shared_ptr<AttachedMemory>> map(const ControlClient::Attached& attached, bool prefault);

  std::span<const std::byte> pool() const { return pool_.bytes(); }
  MemoryWarmer::Progress prefault_progress() const;

  std::span<std::byte> lookup_ring() const;
  std::span<std::byte> publish_ring() const;
  std::span<std::byte> drafts() const;
  LeaseSlots& leases() { return lease_slots_; }
  const DraftArea& draft_area() const { return draft_area_; }

  // A draft of `bytes` bytes; its memory goes back when the draft is dropped. Its payload is empty when there is
  // no room now.
  // Requires: bytes > 0.
  Draft make_draft(SpaceId space, std::uint64_t bytes);

  // The view that a hit describes, with lease `lease`. It has no state word when the slot has already been reused.
  // Errors: corrupt (the answer points outside the pool, or is not aligned); the lease is then still taken.
  Result<View::Parts> view_of(const LookupAnswer& answer, std::uint32_t lease);

 private:
  AttachedMemory(Mapping pool, Mapping segment, const segment::Layout& layout);
  void start_prefault();
  std::span<std::byte> part(std::uint64_t offset, std::uint64_t bytes) const;

  Mapping pool_;
  FaultGuard pool_guard_;  // before pool_ is unmapped
  Mapping segment_;        // a sealed memfd: nobody can shorten it
  segment::Layout layout_;
  LeaseSlots lease_slots_;
  DraftArea draft_area_;
  std::optional<MemoryWarmer> warmer_;  // last: its thread uses pool_
};

}  // namespace memo
