#include "memod/store.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "memod/pool/validate.h"
#include "memod/store_impl.h"

namespace memo {
namespace {

std::string lost_pool(const std::string& path) {
  return fmt::format("pool {} was truncated under way, or its storage failed", path);
}

// Made before, as a signal handler writes it.
std::string last_words(const std::string& path) {
  return fmt::format("{}: {}\n", program_invocation_short_name, lost_pool(path));
}

}  // namespace

Store::Impl::Impl(const StoreOptions& options, std::unique_ptr<Pool> pool)
    : options_(options),
      decay_(static_cast<double>(options.eviction.half_life.count())),
      pool_(std::move(pool)),
      guard_({pool_->base(), pool_->file_bytes()}, options.on_lost_pool, last_words(options.path)),
      memory_(*pool_, options.memory, options.log),
      catalog_(*pool_, options.index_options()),
      searches_(options.search_threads == 0 ? SearchArena::default_threads() : options.search_threads),
      snapshots_(options.path, options.persist_observer.get()),
      sync_(*pool_, pool_->on_dax() ? std::chrono::milliseconds(0) : options.sync_interval),
      maintenance_([this](const std::stop_token& stop) { return maintain(stop); }) {}

Store::Impl::~Impl() {
  maintenance_.stop();
  if (guard_.has_faulted()) {
    (void)pool_.release();  // libpmemobj would go through what is no longer there
    return;
  }
  if (options_.snapshot_interval.count() > 0) save_indexes();
  save_usage();
}

Status Store::Impl::usable() const {
  if (!guard_.has_faulted()) return Status::ok();
  return {StatusCode::unavailable, lost_pool(options_.path)};
}

void Store::Impl::recover() {
  for (const layout::SpaceRecord& record : pool_->spaces())
    catalog_.add_space(spec_of(record), record.quota_bytes);
  for (std::uint32_t extent = 0; extent < pool_->extents().size(); ++extent)
    if (pool_->extents()[extent].slot_count > 0) recover_extent(extent);
  load_indexes();
  maintenance_.wake();
}

void Store::Impl::recover_extent(std::uint32_t extent) {
  const layout::ExtentRecord& record = pool_->extents()[extent];
  catalog_.add_extent(SpaceId{record.space}, extent, record.slot_count, pool_->extent_bytes(extent));
  for (std::uint32_t index = 0; index < record.slot_count; ++index)
    recover_slot(SpaceId{record.space}, SlotId::make(extent, index));
}

void Store::Impl::recover_slot(SpaceId space, SlotId slot) {
  const std::uint64_t word = pool_->state_word(slot).load(std::memory_order_relaxed);
  if (layout::state_of(word) != layout::SlotState::free) {
    if (recover_live_slot(*catalog_.space(space), slot)) return;
    pool_->free_slot(slot);
  }
  free_.add(space, slot);
}

// False for a damaged header, and for the second of two memos with one key: two publishers at once, or a memo that was
// being moved, may both have been written when the process died. Either may have been pinned since; then the first is.
bool Store::Impl::recover_live_slot(SpaceCatalog& space, SlotId slot) {
  if (!pool_->check_slot(slot)) {
    damaged_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const layout::SlotHeader& header = pool_->header(slot);
  LayerCatalog& layer = catalog_.layer(space, Layer{header.layer});
  const LiveSlot live{.slot = slot,
                      .payload_bytes = header.payload_bytes,
                      .usage = unpack_usage(header.usage),
                      .pinned = pool_->is_pinned(slot),
                      .verified = false,
                      .penalized = pool_->penalty(slot) != 1};
  const Key key{header.key_high, header.key_low};
  if (!catalog_.insert(space, layer, key, live)) {
    if (live.pinned)
      (void)set_pinned(SpaceId{pool_->extents()[slot.extent()].space}, Layer{header.layer}, key, true);
    return false;
  }
  return true;
}

Result<SpaceId> Store::Impl::open_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  MEMO_RETURN_IF_ERROR(usable());
  const std::lock_guard growth(growth_mutex_);
  return find_or_add_space(spec);
}

// A new space takes the record of one that holds nothing and that nobody uses when no other is free. Requires:
// growth_mutex_ is held.
Result<SpaceId> Store::Impl::find_or_add_space(const SpaceSpec& spec) {
  if (const auto known = catalog_.find_space(spec)) return *known;
  const Result<SpaceId> added = pool_->add_space(spec);
  note_damage(added.status());
  if (added) catalog_.add_space(spec, 0);
  if (added || added.status().code() != StatusCode::full) return added;
  const auto unused = catalog_.take_unused_space();
  if (!unused)
    return Status(StatusCode::full,
                  added.status().message() + ": each has memos or is in use; memoctl drop gives one up");
  const Status replaced = pool_->replace_space(*unused, spec);
  catalog_.put_space(*unused, replaced ? spec : spec_of(pool_->spaces()[static_cast<std::size_t>(*unused)]));
  if (!replaced) return replaced;
  return *unused;
}

Result<OpenedSpace> Store::Impl::use_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  MEMO_RETURN_IF_ERROR(usable());
  const std::lock_guard growth(growth_mutex_);
  const Result<SpaceId> id = find_or_add_space(spec);
  if (!id) return id.status();
  auto ref = std::make_shared<SpaceRef>(catalog_.space(*id));
  ++(**ref).users;
  return OpenedSpace{*id, std::shared_ptr<const void>(ref.get(), [ref](const void*) { --(**ref).users; })};
}

Result<SpaceRef> Store::Impl::space(SpaceId id) const {
  if (SpaceRef found = catalog_.space(id)) return found;
  return Status(StatusCode::invalid_argument,
                fmt::format("there is no space {} in this store", static_cast<std::uint32_t>(id)));
}

Status Store::Impl::erase(SpaceId id, Layer layer_number, const Key& key) {
  const Result<SpaceRef> space = this->space(id);
  if (!space) return space.status();
  LayerCatalog* layer = catalog_.find_layer(**space, layer_number);
  const auto slot = layer == nullptr ? std::nullopt : catalog_.remove(**space, *layer, key);
  if (!slot) return {StatusCode::not_found, fmt::format("no memo with key {} in this layer", key.hex())};
  layer->index.remove(slot->value);
  leased_.defer({id, *slot});
  reclaim();
  return Status::ok();
}

// Makes whatever memo the slot holds unfindable; false when there is none, or it is pinned and shall stay.
bool Store::Impl::discard(SlotId slot, Pinned pinned) {
  const auto removed = catalog_.remove(slot, pinned);
  if (!removed) return false;
  removed->layer->index.remove(slot.value);
  leased_.defer({removed->space, slot});
  return true;
}

bool Store::Impl::in_grace() const {
  return std::chrono::steady_clock::now() - opened_ < options_.restart_grace;
}

// Frees what was erased while it was leased. Leases end without a message, so this runs when slots are wanted and
// when sessions end, not when a lease ends. One thread at a time: on return every slot that no lease held
// at the call is free, those too that another thread was about to free.
void Store::Impl::reclaim() {
  if (in_grace()) return;
  const std::lock_guard lock(reclaim_mutex_);
  for (const ErasedSlot& erased : leased_.take_unheld(lease_limit())) release_slot(erased);
}

void Store::Impl::release_slot(const ErasedSlot& erased) {
  pool_->free_slot(erased.slot);
  free_.add(erased.space, erased.slot);
}

void Store::Impl::unregister_leases(LeaseTable& table) {
  leased_.remove(table);
  reclaim();
}

Status Store::Impl::set_quota(SpaceId id, std::uint64_t bytes) {
  const Result<SpaceRef> space = this->space(id);
  if (!space) return space.status();
  const std::lock_guard growth(growth_mutex_);
  pool_->set_quota(id, bytes);
  (*space)->quota_bytes = bytes;
  (*space)->exhausted = false;
  maintenance_.wake();
  return Status::ok();
}

namespace {

// Beside a device is no place for snapshots: its folder lies in memory.
StoreOptions options_for(const Pool& pool, StoreOptions options) {
  if (pool.backing().backing == Backing::devdax) options.snapshot_interval = std::chrono::milliseconds(0);
  return options;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  try {
    return open_valid(options);
  } catch (const std::system_error& error) {
    return Status(StatusCode::internal, fmt::format("no thread can be started for a store: {}", error.what()));
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::internal,
                  "no memory left for a store: the limit of memory or of address space is reached");
  }
}

Result<std::unique_ptr<Store>> Store::open_valid(const StoreOptions& options) {
  Result<std::unique_ptr<Pool>> pool = Pool::open({options.path, options.create_bytes, options.persist_observer});
  if (!pool) return pool.status();
  auto impl = std::make_unique<Impl>(options_for(**pool, options), std::move(*pool));
  impl->recover();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<SpaceId> Store::open_space(const SpaceSpec& spec) {
  return impl_->open_space(spec);
}

Result<OpenedSpace> Store::use_space(const SpaceSpec& spec) {
  return impl_->use_space(spec);
}

Result<SpaceSpec> Store::space(SpaceId id) const {
  const Result<SpaceRef> found = impl_->space(id);
  if (!found) return found.status();
  return (*found)->spec;
}

Status Store::find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
                   std::span<std::optional<Found>> found) {
  return impl_->find(request, table, leases, found);
}

Result<PublishOutcome> Store::publish(SpaceId space, const Publication& publication,
                                      std::span<const std::byte> payload) {
  return impl_->publish(space, publication, payload);
}

Result<PublishOutcome> Store::import(SpaceId space, const MemoDetail& memo, std::span<const std::byte> payload) {
  return impl_->import(space, memo, payload);
}

void Store::register_leases(LeaseTable& table) {
  impl_->register_leases(table);
}
void Store::unregister_leases(LeaseTable& table) {
  impl_->unregister_leases(table);
}

std::span<const std::byte> Store::bytes(std::uint64_t offset, std::uint64_t size) const {
  return {impl_->pool().base() + offset, size};
}

const std::atomic<std::uint64_t>* Store::state_word(std::uint64_t offset) const {
  return reinterpret_cast<const std::atomic<std::uint64_t>*>(impl_->pool().base() + offset);
}

Result<UniqueFd> Store::open_pool_read_only() const {
  return impl_->pool().open_read_only();
}

Status Store::usable() const {
  return impl_->usable();
}

void Store::touch_end() const {
  (void)*static_cast<const volatile std::byte*>(impl_->pool().base() + impl_->pool().file_bytes() - 1);
}

StoreMemory Store::memory() const {
  return impl_->memory();
}

Result<StoreStats> Store::stats() {
  return impl_->stats();
}
Result<MemoPage> Store::list(std::uint64_t cursor, std::uint32_t limit) {
  return impl_->list(cursor, limit);
}
Result<CheckPage> Store::check(std::uint64_t cursor, std::uint32_t limit, bool repair) {
  return impl_->check(cursor, limit, repair);
}
Result<MemoDetail> Store::show(SpaceId space, Layer layer, const Key& key) {
  return impl_->show(space, layer, key);
}
Status Store::erase(SpaceId space, Layer layer, const Key& key) {
  return impl_->erase(space, layer, key);
}
Status Store::set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) {
  return impl_->set_pinned(space, layer, key, pinned);
}
Result<std::uint64_t> Store::evict(SpaceId space, std::uint64_t memos) {
  return impl_->evict(space, memos);
}
Status Store::set_quota(SpaceId space, std::uint64_t bytes) {
  return impl_->set_quota(space, bytes);
}
Result<CompactStep> Store::drop(SpaceId space) {
  return impl_->drop(space);
}
Result<CompactStep> Store::compact() {
  return impl_->compact();
}

}  // namespace memo
