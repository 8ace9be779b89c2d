// The inside of Pool: an open file and where things lie in it. pool.cpp opens it and keeps its table of spaces,
// pool_extents.cpp its extents, pool_slots.cpp its memos.
#pragma once

#include <atomic>
#include <cassert>
#include <memory>
#include <optional>
#include <string>

#include "memod/store/pool/file/pool_file.h"
#include "memod/store/pool/persist.h"
#include "memod/store/pool/pmem_fields.h"
#include "memod/store/pool/pool.h"
#include "memod/store/pool/pool_tables.h"

namespace memo {

class Pool::Impl {
 public:
  Impl(PoolFile file, const PoolOptions& options, bool on_dax);
  ~Impl();

  PMEMobjpool* pmem() const { return pool_.get(); }
  const Persist& persist() const { return persist_; }
  std::byte* at(std::uint64_t offset) const { return base_ + offset; }
  PoolTables& tables() { return tables_; }
  const PoolTables& tables() const { return tables_; }
  std::uint64_t file_bytes() const { return file_.bytes; }
  int descriptor() const { return descriptor_.get(); }
  const BackedFile& file() const { return file_; }
  bool on_dax() const { return on_dax_; }

  const layout::ExtentRecord& extent(SlotId slot) const {
    const layout::ExtentRecord& record = tables_.root().extents[slot.extent()];
    assert(slot.extent() < tables_.extents().size());
    assert(slot.index() < record.slot_count);
    return record;
  }
  const layout::SpaceRecord& space(SlotId slot) const { return tables_.root().spaces[extent(slot).space]; }
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

  // A committed extent, or nothing where the pool has no room for one.
  std::optional<std::uint32_t> allocate_extent(std::uint32_t space, std::uint64_t extent_bytes);
  Status remove_extent(std::uint32_t index);
  // Whether libpmemobj can work on the pool in its present state: a transaction follows what it finds in the file,
  // and the file may have changed since the pool was opened. Takes a millisecond. Errors: corrupt, naming the file
  // and what is wrong.
  Status examine() const;
  // Calls `change` with the transaction, then commits if it says so. Requires: examine() succeeded just now.
  template <typename Change>
  bool transact(const char* what, const Change& change) const {
    if (persist_.observer() != nullptr) persist_.observer()->beginning(what);
    PmemTransaction transaction(pmem());
    if (!transaction.begun() || !change(transaction)) return false;
    if (persist_.observer() != nullptr) persist_.observer()->committing(what);
    transaction.commit();
    if (persist_.observer() != nullptr) persist_.observer()->committed(what);
    return true;
  }

 private:
  std::uint64_t object_bytes(std::uint64_t object) const;

  const std::string path_;
  const std::shared_ptr<PersistObserver> observer_;
  UniqueFd descriptor_;
  PmemPool pool_;
  Persist persist_;
  std::byte* base_;  // libpmemobj's handle is the address of the mapped file
  PoolTables tables_;
  BackedFile file_;
  bool on_dax_;
  std::uint64_t uuid_;  // libpmemobj's, of its object ids
  PmemFields fields_;
};

}  // namespace memo
