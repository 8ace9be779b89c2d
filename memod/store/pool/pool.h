// Pool: the persistent file. PMDK is seen nowhere else; its C errors become Status here.
//
// A pool is a versioned root with a table of spaces and a table of extents. An extent is one object: a
// run of equal payload slots of one space, then the array of their headers with their features. An empty extent
// can be removed; its room then serves any space. The pool knows nothing of keys or similarity: catalog/ does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/memory/backing.h"
#include "client/protocol/unique_fd.h"
#include "memo/status.h"
#include "memo/types.h"
#include "memod/store/pool/format/layout.h"
#include "memod/store/pool/format/slot_content.h"
#include "memod/store/pool/persist_observer.h"

namespace memo {

// Global slot number: extent index in the upper 32 bits, slot within the extent in the lower.
struct SlotId {
  std::uint64_t value = 0;
  static SlotId make(std::uint32_t extent, std::uint32_t index) { return {(std::uint64_t{extent} << 32) | index}; }
  std::uint32_t extent() const { return static_cast<std::uint32_t>(value >> 32); }
  std::uint32_t index() const { return static_cast<std::uint32_t>(value); }
  auto operator<=>(const SlotId&) const = default;
};

struct PoolOptions {
  std::string path;
  // Size when the file does not exist; 0: it must exist. An existing file keeps its size; a device has its own.
  std::uint64_t create_bytes = 0;
  std::shared_ptr<PersistObserver> observer = nullptr;  // sees every persistent store; for tests
};

// Makes libpmemobj treat a pool that is not on DAX as persistent memory: stores are then flushed from the CPU
// cache but not synced to disk, so a pool survives a killed process and not a power failure. Without it every
// persist is an msync of 6 to 141 ms. Call once in main, before the first pool is opened.
void emulate_persistent_memory();

// Threads: reading from any thread, of an extent only while it is not being removed; add_space, set_quota,
// add_extent, remove_extent: one thread at a time (the store's growth lock); write_slot/free_slot: one thread per
// slot at a time, any number of slots at once.
class Pool {
 public:
  // Errors: invalid_argument (also a file that is not safely this user's, see own_file.h), not_found, in_use,
  //         unsupported (layout), corrupt, full.
  static Result<std::unique_ptr<Pool>> open(const PoolOptions& options);
  ~Pool();

  // The root in this process's own memory: checked at opening, and changed since. Threads: as spaces() and
  // extents().
  const layout::Root& root() const;
  // The root in the pool, which is only written. Tests ask where it lies.
  const layout::Root& stored_root() const;
  std::uint64_t file_bytes() const;
  // Whether persistent data also survives a power failure.
  bool on_dax() const;
  // What the pool's file lies on.
  const BackedFile& backing() const;
  // Another descriptor of the pool's file, for clients to map. It is this file, even when its name has come to
  // mean another.
  // Errors: internal.
  Result<UniqueFd> open_read_only() const;
  // The whole file, where this process has mapped it, at a multiple of 2 MiB.
  std::span<std::byte> mapping();

  std::span<const layout::SpaceRecord> spaces() const;
  // Vacant entries (slot_count 0) included.
  std::span<const layout::ExtentRecord> extents() const;

  // Errors, here and below: corrupt (something changed the pool's tables, or libpmemobj's, since it was opened;
  //         the pool is left as it is, and what it holds can still be read and written).
  // Errors: full (the table has layout::kMaxSpaces entries).
  Result<SpaceId> add_space(const SpaceSpec& spec);
  // Puts another space in the place of one that has no extent. Errors: internal.
  Status replace_space(SpaceId id, const SpaceSpec& spec);
  // The max. bytes of extents that the space may have; 0: no limit. Stored, not enforced here. Persistent on
  // return.
  void set_quota(SpaceId space, std::uint64_t bytes);
  // Reserves an extent of at most `max_bytes` with at least one slot; smaller ones when the pool is nearly full.
  // Returns its index, the lowest vacant one.
  // Errors: full, naming what is missing.
  Result<std::uint32_t> add_extent(SpaceId space, std::uint64_t max_bytes = UINT64_MAX);
  // Gives the extent's room back and leaves its entry vacant. Durability: this happens completely or not at all.
  // Requires: every slot is free, and nobody looks at them any more except through an outdated view, whose
  // generation no slot of a later extent has.
  // Errors: internal (the transaction's log has no room); then nothing has changed.
  Status remove_extent(std::uint32_t extent);
  // What the extent takes of the pool.
  std::uint64_t extent_bytes(std::uint32_t extent) const;
  // Maps bytes [from, from + count) of the extent's payload in memory, so that writing there later faults no page.
  // Changes no byte; harmless beside any other call.
  void prefault(std::uint32_t extent, std::uint64_t from, std::uint64_t count) const;

  // Requires, here and below: slot.extent() < extents().size(), slot.index() < its slot_count.
  const layout::SlotHeader& header(SlotId slot) const;
  // Threads: any thread may load the word at any time, even while another writes the slot.
  const std::atomic<std::uint64_t>& state_word(SlotId slot) const;
  std::span<const float> feature(SlotId slot) const;
  std::span<const std::byte> payload(SlotId slot) const;
  std::uint64_t state_word_offset(SlotId slot) const;
  std::uint64_t payload_offset(SlotId slot) const;

  // Makes a free slot live, without regard to its state word. Durability: payload, feature and header are
  // persistent before the state word is.
  // Requires: the slot is free; content fits.
  Generation write_slot(SlotId slot, const SlotContent& content);
  // Makes the slot free under a new generation; persistent on return.
  void free_slot(SlotId slot);

  // Persistent on return. Requires: the slot is live.
  void set_pinned(SlotId slot, bool pinned);
  bool is_pinned(SlotId slot) const;
  // As it was published; 1 where the header holds none.
  float penalty(SlotId slot) const;
  // Persistent eventually: losing it costs a worse choice of what to evict.
  void note_usage(SlotId slot, std::uint64_t usage);

  // Writes what has changed to the file's storage and waits for it: off DAX, what was acknowledged before survives
  // a power failure from then on. Threads: any; takes long.
  // Errors: internal.
  Status sync() const;

  // The fields of a live slot's header up to its checksum, or nothing where write_slot() did not write them.
  std::optional<layout::SlotHeader> sound_header(SlotId slot) const;
  // Whether a live slot's header and feature are what write_slot() wrote, and in the limits of its space.
  // Errors: corrupt, naming the field.
  Status check_slot(SlotId slot) const;

  // The same, and whether the payload is what was written: reads the whole payload.
  // Errors: corrupt, naming the field.
  Status check_memo(SlotId slot) const;

  // Checksum of a payload as stored in headers (XXH3-64).
  static std::uint64_t checksum(std::span<const std::byte> payload);

  const std::byte* base() const;

 private:
  class Impl;
  explicit Pool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace memo
