#include "memod/store.h"

#include <fmt/format.h>

#include <utility>

#include "memod/pool/validate.h"
#include "memod/store_impl.h"

namespace memo {

Status StoreOptions::validate() const {
  if (path.empty()) return {StatusCode::invalid_argument, "the pool's path is empty"};
  if (create_bytes != 0 && create_bytes < layout::kMinPoolBytes)
    return {StatusCode::invalid_argument, fmt::format("pool size is {} bytes, must be at least {} (16 MiB)",
                                                      create_bytes, layout::kMinPoolBytes)};
  return Status::ok();
}

Store::Impl::Impl(const StoreOptions& options, std::unique_ptr<Pool> pool)
    : options_(options),
      pool_(std::move(pool)),
      maintenance_([this](const std::stop_token& stop) { return maintain(stop); }) {}

void Store::Impl::recover() {
  for (const layout::SpaceRecord& record : pool_->spaces()) catalog_.add_space(spec_of(record));
  const auto extents = pool_->extents();
  for (std::uint32_t extent = 0; extent < extents.size(); ++extent) {
    const SpaceId space{extents[extent].space};
    catalog_.add_extent(space, extents[extent].slot_count, pool_->extent_bytes(extent));
    for (std::uint32_t index = 0; index < extents[extent].slot_count; ++index)
      recover_slot(space, SlotId::make(extent, index));
  }
  maintenance_.wake();
}

void Store::Impl::recover_slot(SpaceId space, SlotId slot) {
  const std::uint64_t word = pool_->state_word(slot).load(std::memory_order_relaxed);
  if (layout::state_of(word) != layout::SlotState::free) {
    if (recover_live_slot(*catalog_.space(space), slot)) return;
    pool_->free_slot(slot);
  }
  free_.add(space, slot);
}

// False for a damaged header, and for the second of two memos with one key: two publishers at once may both have
// written theirs when the process died.
bool Store::Impl::recover_live_slot(SpaceCatalog& space, SlotId slot) {
  if (!pool_->check_slot(slot)) {
    ++damaged_at_open_;
    return false;
  }
  const layout::SlotHeader& header = pool_->header(slot);
  LayerCatalog& layer = catalog_.layer(space, Layer{header.layer});
  if (!catalog_.insert(space, layer, {header.key_high, header.key_low}, slot, header.payload_bytes)) return false;
  layer.index.add(slot.value, pool_->feature(slot));
  return true;
}

Result<SpaceId> Store::Impl::open_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  const std::lock_guard growth(growth_mutex_);
  if (const auto known = catalog_.find_space(spec)) return *known;
  const Result<SpaceId> added = pool_->add_space(spec);
  if (added) catalog_.add_space(spec);
  return added;
}

Result<SpaceCatalog*> Store::Impl::space(SpaceId id) const {
  if (SpaceCatalog* found = catalog_.space(id)) return found;
  return Status(StatusCode::invalid_argument,
                fmt::format("there is no space {} in this store", static_cast<std::uint32_t>(id)));
}

Status Store::Impl::erase(SpaceId id, Layer layer_number, const Key& key) {
  const Result<SpaceCatalog*> space = this->space(id);
  if (!space) return space.status();
  LayerCatalog* layer = catalog_.find_layer(**space, layer_number);
  const auto slot = layer == nullptr ? std::nullopt : catalog_.remove(**space, *layer, key, *pool_);
  if (!slot) return {StatusCode::not_found, fmt::format("no memo with key {} in this layer", key.hex())};
  layer->index.remove(slot->value);
  leased_.defer({id, *slot});
  reclaim();
  return Status::ok();
}

// Frees what was erased while it was leased. Leases end without a message, so this runs when slots are wanted and
// when sessions end, not when a lease ends.
void Store::Impl::reclaim() {
  for (const ErasedSlot& erased : leased_.take_unheld()) release_slot(erased);
}

void Store::Impl::release_slot(const ErasedSlot& erased) {
  pool_->free_slot(erased.slot);
  free_.add(erased.space, erased.slot);
}

void Store::Impl::unregister_leases(LeaseTable& table) {
  leased_.remove(table);
  reclaim();
}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  MEMO_RETURN_IF_ERROR(options.validate());
  Result<std::unique_ptr<Pool>> pool = Pool::open({options.path, options.create_bytes});
  if (!pool) return pool.status();
  auto impl = std::make_unique<Impl>(options, std::move(*pool));
  impl->recover();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<SpaceId> Store::open_space(const SpaceSpec& spec) {
  return impl_->open_space(spec);
}

Result<SpaceSpec> Store::space(SpaceId id) const {
  const Result<SpaceCatalog*> found = impl_->space(id);
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

Status Store::erase(SpaceId space, Layer layer, const Key& key) {
  return impl_->erase(space, layer, key);
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

const std::string& Store::path() const {
  return impl_->path();
}

std::uint64_t Store::damaged_at_open() const {
  return impl_->damaged_at_open();
}

Result<StoreStats> Store::stats() {
  return impl_->stats();
}
Result<MemoPage> Store::list(std::uint64_t cursor, std::uint32_t limit) {
  return impl_->list(cursor, limit);
}
Result<CheckPage> Store::check(std::uint64_t cursor, std::uint32_t limit) {
  return impl_->check(cursor, limit);
}

}  // namespace memo
