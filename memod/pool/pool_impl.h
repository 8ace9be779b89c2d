// The inside of Pool: an open file and where things lie in it. pool.cpp opens it and keeps its table of spaces,
// pool_extents.cpp its extents, pool_slots.cpp its memos.
#pragma once

#include <atomic>
#include <cassert>
#include <memory>

#include "memod/pool/persist.h"
#include "memod/pool/pool.h"
#include "memod/pool/file/pool_file.h"

namespace memo {

class Pool::Impl {
 public:
  Impl(PoolFile file, bool on_dax, std::shared_ptr<PersistObserver> observer);

  PMEMobjpool* pmem() const { return pool_.get(); }
  const Persist& persist() const { return persist_; }
  std::byte* at(std::uint64_t offset) const { return base_ + offset; }
  layout::Root& root() const { return *root_; }
  std::uint64_t file_bytes() const { return file_.bytes; }
  int descriptor() const { return descriptor_.get(); }
  const BackedFile& file() const { return file_; }
  bool on_dax() const { return on_dax_; }

  // A reader needs no lock once it has seen the count.
  std::atomic_ref<std::uint32_t> space_count() const { return std::atomic_ref(root_->space_count); }
  std::atomic_ref<std::uint32_t> extent_count() const { return std::atomic_ref(root_->extent_count); }

  const layout::ExtentRecord& extent(SlotId slot) const {
    assert(slot.extent() < extent_count().load(std::memory_order_relaxed));
    assert(slot.index() < root_->extents[slot.extent()].slot_count);
    return root_->extents[slot.extent()];
  }
  const layout::SpaceRecord& space(SlotId slot) const { return root_->spaces[extent(slot).space]; }
  std::uint64_t header_offset(SlotId slot) const {
    return extent(slot).headers_start + slot.index() * sizeof(layout::SlotHeader);
  }
  std::uint64_t feature_offset(SlotId slot) const;
  std::uint64_t payload_offset(SlotId slot) const {
    return extent(slot).payload_start + slot.index() * extent(slot).slot_stride;
  }
  layout::SlotHeader& header(SlotId slot) const {
    return *reinterpret_cast<layout::SlotHeader*>(at(header_offset(slot)));
  }
  // A word of the pool that threads share.
  static std::atomic<std::uint64_t>& word(std::uint64_t& value) {
    return reinterpret_cast<std::atomic<std::uint64_t>&>(value);
  }
  std::atomic<std::uint64_t>& state_word(SlotId slot) const { return word(header(slot).state_word); }

  Result<std::uint32_t> allocate_extent(std::uint32_t space, std::uint64_t extent_bytes);
  Status remove_extent(std::uint32_t index);
  // Calls `change` with the transaction, then commits if it says so.
  template <typename Change>
  bool transact(const char* what, const Change& change) const {
    PmemTransaction transaction(pmem());
    if (!transaction.begun() || !change(transaction)) return false;
    if (persist_.observer() != nullptr) persist_.observer()->committing(what);
    transaction.commit();
    if (persist_.observer() != nullptr) persist_.observer()->committed(what);
    return true;
  }

 private:
  std::uint32_t vacant_entry() const;

  const std::shared_ptr<PersistObserver> observer_;
  UniqueFd descriptor_;
  PmemPool pool_;
  Persist persist_;
  std::byte* base_;  // libpmemobj's handle is the address of the mapped file
  layout::Root* root_;
  BackedFile file_;
  bool on_dax_;
};

}  // namespace memo
