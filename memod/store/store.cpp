#include "memod/store/store.h"

#include <fmt/format.h>

#include <new>
#include <system_error>
#include <utility>

#include "memod/store/inspect/inspector.h"
#include "memod/store/memory/pool_memory.h"
#include "memod/store/pool/pool.h"
#include "memod/store/serving/finder.h"
#include "memod/store/serving/growth.h"
#include "memod/store/serving/memo_editor.h"
#include "memod/store/serving/publisher.h"
#include "memod/store/serving/spaces.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"
#include "memod/store/upkeep/background_sync.h"
#include "memod/store/upkeep/compactor.h"
#include "memod/store/upkeep/evictor.h"
#include "memod/store/upkeep/extent_drain.h"
#include "memod/store/upkeep/index_saver.h"
#include "memod/store/upkeep/maintenance.h"
#include "memod/store/upkeep/recovery.h"
#include "memod/store/upkeep/upkeep.h"
#include "memod/store/upkeep/usage_saver.h"

namespace memo {

// The parts of a store: each uses those before it.
struct Store::Impl {
  Impl(const StoreOptions& options, std::unique_ptr<Pool> pool);
  ~Impl();

  // Fills the store with what its pool holds.
  void recover();

  StoreState state;
  PoolMemory memory;
  Reclaimer reclaimer{state};
  Finder finder{state, reclaimer};
  Spaces spaces{state};
  Growth growth{state};
  Publisher publisher{state, reclaimer, growth};
  MemoEditor editor{state, reclaimer};
  ExtentDrain drain{state, reclaimer};
  Compactor compactor{state, reclaimer, drain};
  Evictor evictor{state, reclaimer, drain};
  UsageSaver usage{state};
  IndexSaver indexes{state};
  BackgroundSync sync;
  Inspector inspector{state, reclaimer, memory, sync};
  Upkeep upkeep{{state, reclaimer, growth, drain, evictor, usage, indexes}};
  Maintenance maintenance;  // last: its thread uses all of the above
};

Store::Impl::Impl(const StoreOptions& options, std::unique_ptr<Pool> pool)
    : state(options, std::move(pool)),
      memory(*state.pool, options.memory, options.log),
      sync(*state.pool, state.pool->on_dax() ? std::chrono::milliseconds(0) : options.sync_interval),
      maintenance(state.maintenance, [this](const std::stop_token& stop) { return upkeep.step(stop); }) {}

Store::Impl::~Impl() {
  maintenance.stop();
  if (state.guard.has_faulted()) {
    (void)state.pool.release();  // libpmemobj would read what is no longer there
    return;
  }
  if (state.options.snapshot_interval.count() > 0) indexes.save();
  usage.save();
}

void Store::Impl::recover() {
  Recovery(state, editor).run();
  indexes.load();
  state.maintenance.wake();
}

namespace {

// A device has no place for snapshots beside it: its folder lies in memory.
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
  MEMO_ASSIGN_OR_RETURN(std::unique_ptr<Pool> pool,
                        Pool::open({options.path, options.create_bytes, options.persist_observer}));
  const StoreOptions options_here = options_for(*pool, options);
  auto impl = std::make_unique<Impl>(options_here, std::move(pool));
  impl->recover();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<SpaceId> Store::open_space(const SpaceSpec& spec) {
  return impl_->spaces.open(spec);
}

Result<OpenedSpace> Store::use_space(const SpaceSpec& spec) {
  return impl_->spaces.use(spec);
}

Result<SpaceSpec> Store::space(SpaceId id) const {
  MEMO_ASSIGN_OR_RETURN(const SpaceRef found, impl_->state.space(id));
  return found->spec;
}

Status Store::find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
                   std::span<std::optional<Found>> found) {
  return impl_->finder.find(request, table, leases, found);
}

Result<PublishOutcome> Store::publish(SpaceId space, const Publication& publication,
                                      std::span<const std::byte> payload) {
  return impl_->publisher.publish(space, publication, payload);
}

Result<PublishOutcome> Store::import(SpaceId space, const MemoDetail& memo, std::span<const std::byte> payload) {
  return impl_->publisher.import(space, memo, payload);
}

void Store::register_leases(LeaseTable& table) {
  impl_->state.leased_slots.add(table);
}
void Store::unregister_leases(LeaseTable& table) {
  impl_->state.leased_slots.remove(table);
  impl_->reclaimer.reclaim();
}

std::span<const std::byte> Store::bytes(std::uint64_t offset, std::uint64_t size) const {
  return {impl_->state.pool->base() + offset, size};
}

const std::atomic<std::uint64_t>* Store::state_word(std::uint64_t offset) const {
  return reinterpret_cast<const std::atomic<std::uint64_t>*>(impl_->state.pool->base() + offset);
}

Result<UniqueFd> Store::open_pool_read_only() const {
  return impl_->state.pool->open_read_only();
}

Status Store::usable() const {
  return impl_->state.usable();
}

void Store::touch_end() const {
  (void)*static_cast<const volatile std::byte*>(impl_->state.pool->base() + impl_->state.pool->file_bytes() - 1);
}

StoreMemory Store::memory() const {
  return impl_->inspector.memory();
}

Result<StoreStats> Store::stats() {
  return impl_->inspector.stats();
}
Result<MemoPage> Store::list(std::uint64_t cursor, std::uint32_t limit) {
  return impl_->inspector.list(cursor, limit);
}
Result<CheckPage> Store::check(std::uint64_t cursor, std::uint32_t limit, bool repair) {
  return impl_->inspector.check(cursor, limit, repair);
}
Result<MemoDetail> Store::show(SpaceId space, Layer layer, const Key& key) {
  return impl_->inspector.show(space, layer, key);
}
Status Store::erase(SpaceId space, Layer layer, const Key& key) {
  return impl_->editor.erase(space, layer, key);
}
Status Store::set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) {
  return impl_->editor.set_pinned(space, layer, key, pinned);
}
Result<std::uint64_t> Store::evict(SpaceId space, std::uint64_t memos) {
  return impl_->evictor.evict(space, memos);
}
Status Store::set_quota(SpaceId space, std::uint64_t bytes) {
  return impl_->spaces.set_quota(space, bytes);
}
Result<CompactStep> Store::drop(SpaceId space) {
  return impl_->compactor.drop(space);
}
Result<CompactStep> Store::compact() {
  return impl_->compactor.compact();
}

}  // namespace memo
