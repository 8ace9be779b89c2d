#include "memod/pool/pool.h"

#include <fmt/format.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <mutex>

#include "memod/pool/pmem.h"
#include "memod/pool/pool_file.h"
#include "memod/pool/slot_checksum.h"
#include "memod/pool/validate.h"

namespace memo {

static_assert(sizeof(std::atomic<std::uint64_t>) == sizeof(std::uint64_t));
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

void emulate_persistent_memory() {
  // libpmem reads it when the first pool is opened.
  setenv("PMEM_IS_PMEM_FORCE", "1", 1);
}

class Pool::Impl {
 public:
  Impl(PmemPool pool, std::uint64_t file_bytes, bool on_dax)
      : pool_(std::move(pool)),
        base_(reinterpret_cast<std::byte*>(pool_.get())),
        root_(static_cast<layout::Root*>(pmemobj_direct(pmemobj_root(pool_.get(), layout::kRootObjectBytes)))),
        file_bytes_(file_bytes),
        on_dax_(on_dax) {}

  PMEMobjpool* pmem() const { return pool_.get(); }
  std::byte* at(std::uint64_t offset) const { return base_ + offset; }
  layout::Root& root() const { return *root_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  bool on_dax() const { return on_dax_; }

  // Entries below a count never change, so a reader needs no lock once it has seen the count.
  std::uint32_t space_count() const { return count(root_->space_count).load(std::memory_order_acquire); }
  std::uint32_t extent_count() const { return count(root_->extent_count).load(std::memory_order_acquire); }
  void publish_space_count(std::uint32_t value) const {
    count(root_->space_count).store(value, std::memory_order_release);
    pmemobj_persist(pmem(), &root_->space_count, sizeof(value));
  }

  const layout::ExtentRecord& extent(SlotId slot) const {
    assert(slot.extent() < extent_count() && slot.index() < root_->extents[slot.extent()].slot_count);
    return root_->extents[slot.extent()];
  }
  const layout::SpaceRecord& space(SlotId slot) const { return root_->spaces[extent(slot).space]; }
  std::uint64_t header_offset(SlotId slot) const {
    return extent(slot).headers_start + slot.index() * sizeof(layout::SlotHeader);
  }
  std::uint64_t feature_offset(SlotId slot) const {
    const layout::ExtentRecord& record = extent(slot);
    return record.headers_start + record.slot_count * sizeof(layout::SlotHeader) +
           slot.index() * std::uint64_t{space(slot).feature_dimension} * sizeof(float);
  }
  std::uint64_t payload_offset(SlotId slot) const {
    return extent(slot).payload_start + slot.index() * extent(slot).slot_stride;
  }
  layout::SlotHeader& header(SlotId slot) const {
    return *reinterpret_cast<layout::SlotHeader*>(at(header_offset(slot)));
  }
  std::atomic<std::uint64_t>& state_word(SlotId slot) const {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(at(header_offset(slot)));
  }

  // Streams bytes past the cache, or flushes them; persistent after drain().
  void copy(std::uint64_t offset, const void* source, std::size_t bytes, unsigned flags) const {
    pmemobj_memcpy(pmem(), at(offset), source, bytes, flags | PMEMOBJ_F_MEM_NODRAIN);
  }
  void drain() const { pmemobj_drain(pmem()); }
  void store_state(SlotId slot, std::uint64_t word) const {
    state_word(slot).store(word, std::memory_order_release);
    pmemobj_persist(pmem(), &state_word(slot), sizeof(word));
  }

  Result<layout::ExtentRecord> allocate_extent(std::uint32_t space, std::uint32_t slot_count);

 private:
  static std::atomic_ref<std::uint32_t> count(std::uint32_t& value) { return std::atomic_ref(value); }

  PmemPool pool_;
  std::byte* base_;  // libpmemobj's handle is the address of the mapped file
  layout::Root* root_;
  std::uint64_t file_bytes_;
  bool on_dax_;
};

namespace {

// Errors: corrupt, unsupported.
Status check_contents(PMEMobjpool* pool, std::uint64_t file_bytes, const std::string& path) {
  if (pmemobj_root_size(pool) < layout::kRootObjectBytes)
    return {StatusCode::corrupt, fmt::format("{} is not a memod pool: its root has {} bytes, not {}", path,
                                             pmemobj_root_size(pool), layout::kRootObjectBytes)};
  const auto& root = *static_cast<layout::Root*>(pmemobj_direct(pmemobj_root(pool, layout::kRootObjectBytes)));
  MEMO_RETURN_IF_ERROR(validate_root_header(root, path));
  return validate_tables(root, file_bytes, path);
}

Result<PmemPool> open_or_create(const PoolOptions& options) {
  Result<PmemPool> opened = open_pool_file(options.path);
  if (opened || opened.status().code() != StatusCode::not_found) return opened;
  if (options.create_bytes != 0) return create_pool_file(options.path, options.create_bytes);
  return Status(StatusCode::not_found, opened.status().message() + "; pass --size to create it");
}

std::uint64_t payload_alignment(std::uint64_t payloads) {
  return payloads >= layout::kLargeExtentBytes ? layout::kPayloadAlignment : layout::kPageBytes;
}

// As many slots as fill, with their headers and the gap before them, whole chunks of libpmemobj's heap.
std::uint32_t regular_slot_count(const layout::Root& root, const layout::SpaceRecord& space) {
  const std::uint64_t slot_bytes =
      layout::slot_stride(space.payload_bytes) + layout::headers_bytes(1, space.feature_dimension);
  const std::uint64_t overhead = payload_alignment(root.extent_bytes) + layout::kObjectHeaderBytes;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (root.extent_bytes - overhead) / slot_bytes));
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::open(const PoolOptions& options) {
  if (options.path.empty()) return Status(StatusCode::invalid_argument, "the pool's path is empty");
  Result<PmemPool> file = open_or_create(options);
  if (!file) return file.status();
  struct stat status {};
  if (stat(options.path.c_str(), &status) != 0)
    return Status(StatusCode::internal, fmt::format("cannot get the size of {}", options.path));
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  MEMO_RETURN_IF_ERROR(check_contents(file->get(), file_bytes, options.path));

  auto impl = std::make_unique<Impl>(std::move(*file), file_bytes, is_on_dax(options.path));
  impl->root().opens += 1;
  pmemobj_persist(impl->pmem(), &impl->root().opens, sizeof(impl->root().opens));
  return std::unique_ptr<Pool>(new Pool(std::move(impl)));
}

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

const layout::Root& Pool::root() const {
  return impl_->root();
}
std::uint64_t Pool::file_bytes() const {
  return impl_->file_bytes();
}
bool Pool::on_dax() const {
  return impl_->on_dax();
}
const std::byte* Pool::base() const {
  return impl_->at(0);
}

std::span<const layout::SpaceRecord> Pool::spaces() const {
  return {impl_->root().spaces, impl_->space_count()};
}
std::span<const layout::ExtentRecord> Pool::extents() const {
  return {impl_->root().extents, impl_->extent_count()};
}

Result<SpaceId> Pool::add_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  layout::Root& root = impl_->root();
  const std::uint32_t id = root.space_count;
  if (id == layout::kMaxSpaces)
    return Status(StatusCode::full, fmt::format("the pool has {} spaces, no more fit", layout::kMaxSpaces));
  // The count makes the record count: it is persisted after it.
  root.spaces[id] = record_of(spec);
  pmemobj_persist(impl_->pmem(), &root.spaces[id], sizeof(root.spaces[id]));
  impl_->publish_space_count(id + 1);
  return SpaceId{id};
}

// The object, the record and the count, or none of them.
Result<layout::ExtentRecord> Pool::Impl::allocate_extent(std::uint32_t space, std::uint32_t slot_count) {
  layout::ExtentRecord record{};
  record.space = space;
  record.slot_count = slot_count;
  record.slot_stride = layout::slot_stride(root_->spaces[space].payload_bytes);
  const std::uint64_t payloads = slot_count * record.slot_stride;
  const std::uint64_t headers = layout::headers_bytes(slot_count, root_->spaces[space].feature_dimension);
  const std::uint64_t alignment = payload_alignment(payloads);

  const Status full(StatusCode::full, "no room for an extent");
  PmemTransaction transaction(pmem());
  if (!transaction.begun()) return full;
  // Not flushed: the bytes of a payload mean nothing until its slot is written.
  record.payload_object = transaction.allocate(payloads + headers + alignment, POBJ_XALLOC_NO_FLUSH);
  if (record.payload_object == 0) return full;
  record.payload_start = (record.payload_object + alignment - 1) / alignment * alignment;
  record.headers_start = record.payload_start + payloads;
  pmemobj_memset_persist(pmem(), at(record.headers_start), 0, headers);
  layout::ExtentRecord& entry = root_->extents[root_->extent_count];
  if (!transaction.will_change(&entry, sizeof(entry)) ||
      !transaction.will_change(&root_->extent_count, sizeof(root_->extent_count)))
    return full;
  entry = record;
  count(root_->extent_count).store(root_->extent_count + 1, std::memory_order_release);
  transaction.commit();
  return record;
}

Result<std::uint32_t> Pool::add_extent(SpaceId space) {
  const auto space_index = static_cast<std::uint32_t>(space);
  assert(space_index < spaces().size());
  const layout::Root& root = impl_->root();
  const std::uint32_t index = root.extent_count;
  if (index == layout::kMaxExtents)
    return Status(StatusCode::full, fmt::format("the pool has {} extents, no more fit", layout::kMaxExtents));
  for (std::uint32_t slots = regular_slot_count(root, root.spaces[space_index]); slots > 0; slots /= 2)
    if (impl_->allocate_extent(space_index, slots)) return index;
  return Status(StatusCode::full, fmt::format("the pool of {} bytes has no room for another memo of {} bytes",
                                              file_bytes(), root.spaces[space_index].payload_bytes));
}

std::uint64_t Pool::extent_bytes(std::uint32_t extent) const {
  const layout::ExtentRecord& record = extents()[extent];
  return record.slot_count * record.slot_stride +
         layout::headers_bytes(record.slot_count, spaces()[record.space].feature_dimension);
}

void Pool::prefault(std::uint32_t extent, std::uint64_t from, std::uint64_t count) const {
  const layout::ExtentRecord& record = extents()[extent];
  const std::uint64_t payloads = record.slot_count * record.slot_stride;
  if (from >= payloads) return;
  // The kernel makes the pages present and writable without changing them; touching them from here could race
  // with a publish. An old kernel says EINVAL: the pages then fault when they are first written.
  (void)madvise(impl_->at(record.payload_start + from), std::min(count, payloads - from), MADV_POPULATE_WRITE);
}

const layout::SlotHeader& Pool::header(SlotId slot) const {
  return impl_->header(slot);
}
const std::atomic<std::uint64_t>& Pool::state_word(SlotId slot) const {
  return impl_->state_word(slot);
}
std::uint64_t Pool::state_word_offset(SlotId slot) const {
  return impl_->header_offset(slot);
}
std::uint64_t Pool::payload_offset(SlotId slot) const {
  return impl_->payload_offset(slot);
}

std::span<const float> Pool::feature(SlotId slot) const {
  return {reinterpret_cast<const float*>(impl_->at(impl_->feature_offset(slot))),
          impl_->space(slot).feature_dimension};
}

std::span<const std::byte> Pool::payload(SlotId slot) const {
  const std::uint64_t limit = impl_->space(slot).payload_bytes;
  return {impl_->at(payload_offset(slot)), std::min(header(slot).payload_bytes, limit)};
}

// The order of stores, and why a reader needs no lock:
//
// A reader of an old memo here (client/view.h) loads payload bytes, then, after an acquire fence, the state word,
// and trusts the bytes if the word is the generation it was given. free_slot() has changed the word before this
// slot could be chosen again, and its persist ended with a store fence. The fence below repeats it on this
// thread, for the stores that follow bypass the cache and are ordered by nothing else. So whoever has seen one
// byte of the new payload also sees the word changed: old bytes or a changed word, never new bytes under the old word.
//
// Across a crash: payload, feature and header are drained before the state word is stored, and an aligned 8-byte
// store is not torn. So a word that says `live` is the proof that all the rest is there.
Generation Pool::write_slot(SlotId slot, const SlotContent& content) {
  const std::uint64_t free_word = impl_->state_word(slot).load(std::memory_order_relaxed);
  assert(layout::state_of(free_word) == layout::SlotState::free);
  assert(content.payload.size() <= impl_->space(slot).payload_bytes);
  assert(content.feature.size() == impl_->space(slot).feature_dimension);
  const std::uint64_t live_word =
      layout::make_state_word(layout::generation_of(free_word), layout::SlotState::live);

  std::atomic_thread_fence(std::memory_order_seq_cst);
  impl_->drain();
  impl_->copy(payload_offset(slot), content.payload.data(), content.payload.size(), PMEMOBJ_F_MEM_NONTEMPORAL);
  impl_->copy(impl_->feature_offset(slot), content.feature.data(), content.feature.size_bytes(), 0);
  // Hashes what was stored: the source may be a client's memory, which can change between two reads.
  SlotContent stored = content;
  stored.payload = {base() + payload_offset(slot), content.payload.size()};
  const layout::SlotHeader header = make_header(live_word, stored);
  constexpr std::size_t kAfterWord = sizeof(header.state_word);
  impl_->copy(impl_->header_offset(slot) + kAfterWord, reinterpret_cast<const std::byte*>(&header) + kAfterWord,
              sizeof(header) - kAfterWord, 0);
  impl_->drain();
  impl_->store_state(slot, live_word);
  return Generation{live_word};
}

void Pool::free_slot(SlotId slot) {
  const std::uint64_t word = impl_->state_word(slot).load(std::memory_order_relaxed);
  impl_->store_state(slot, layout::make_state_word(layout::generation_of(word) + 1, layout::SlotState::free));
}

Status Pool::check_slot(SlotId slot) const {
  const layout::SlotHeader& stored = header(slot);
  const layout::SpaceRecord& space = impl_->space(slot);
  const std::span<const float> values = feature(slot);
  const auto bad = [](std::string_view field) {
    return Status(StatusCode::corrupt, fmt::format("{} is damaged", field));
  };
  if (stored.header_checksum != header_checksum(stored)) return bad("header");
  if (stored.layer >= kMaxLayers) return bad("layer");
  if (stored.length < 1 || stored.length > space.length_bucket) return bad("length");
  if (stored.payload_bytes < 1 || stored.payload_bytes > space.payload_bytes) return bad("payload size");
  if (stored.feature_checksum != feature_checksum(values)) return bad("feature");
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    return bad("feature");
  return Status::ok();
}

std::uint64_t Pool::checksum(std::span<const std::byte> payload) {
  return XXH3_64bits(payload.data(), payload.size());
}

}  // namespace memo
