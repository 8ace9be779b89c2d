#include "memod/pool/pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "memod/pool/checksums.h"
#include "memod/pool/file/own_file.h"
#include "memod/pool/pmem.h"
#include "memod/pool/file/pool_file.h"
#include "memod/pool/pool_impl.h"
#include "memod/pool/validate.h"

namespace memo {

static_assert(sizeof(std::atomic<std::uint64_t>) == sizeof(std::uint64_t));
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

void emulate_persistent_memory() {
  // libpmem reads it when the first pool is opened.
  setenv("PMEM_IS_PMEM_FORCE", "1", 1);
}

namespace {

// Elsewhere libpmemobj calls msync for each store.
StreamStripes stream_for(PMEMobjpool* pool, std::uint64_t bytes, bool on_dax) {
  return on_dax || pmem_is_pmem(pool, bytes) != 0 ? best_stream() : nullptr;
}

}  // namespace

Pool::Impl::Impl(PoolFile file, bool on_dax, std::shared_ptr<PersistObserver> observer)
    : observer_(std::move(observer)),
      descriptor_(std::move(file.descriptor)),
      pool_(std::move(file.pool)),
      persist_(pool_.get(), observer_.get(), stream_for(pool_.get(), file.backing.bytes, on_dax)),
      base_(reinterpret_cast<std::byte*>(pool_.get())),
      root_(static_cast<layout::Root*>(pmemobj_direct(pmemobj_root(pool_.get(), layout::kRootObjectBytes)))),
      file_(file.backing),
      on_dax_(on_dax) {}

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

Result<PoolFile> open_or_create(const PoolOptions& options) {
  Result<PoolFile> opened = open_pool_file(options.path);
  if (opened || opened.status().code() != StatusCode::not_found) return opened;
  if (options.create_bytes != 0) return create_pool_file(options.path, options.create_bytes);
  return Status(StatusCode::not_found, opened.status().message() + "; pass --size to create it");
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::open(const PoolOptions& options) {
  if (options.path.empty()) return Status(StatusCode::invalid_argument, "the pool's path is empty");
  Result<PoolFile> file = open_or_create(options);
  if (!file) return file.status();
  MEMO_RETURN_IF_ERROR(check_contents(file->pool.get(), file->backing.bytes, options.path));

  const bool on_dax = is_on_dax(file->descriptor.get());
  auto impl = std::make_unique<Impl>(std::move(*file), on_dax, options.observer);
  impl->persist().store(Impl::word(impl->root().opens), impl->root().opens + 1);
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
const BackedFile& Pool::backing() const {
  return impl_->file();
}
Result<UniqueFd> Pool::open_read_only() const {
  UniqueFd file(::open(name_of(impl_->descriptor()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Status(StatusCode::internal, fmt::format("cannot open the pool again: {}", strerror(errno)));
  return file;
}
std::span<std::byte> Pool::mapping() {
  return {impl_->at(0), impl_->file_bytes()};
}
const std::byte* Pool::base() const {
  return impl_->at(0);
}

std::span<const layout::SpaceRecord> Pool::spaces() const {
  return {impl_->root().spaces, impl_->space_count().load(std::memory_order_acquire)};
}

Result<SpaceId> Pool::add_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  layout::Root& root = impl_->root();
  const std::uint32_t id = root.space_count;
  if (id == layout::kMaxSpaces)
    return Status(StatusCode::full, fmt::format("the pool has {} spaces, no more fit", layout::kMaxSpaces));
  const bool added = impl_->transact("add space", [&](PmemTransaction& transaction) {
    if (!transaction.will_change(&root.spaces[id], sizeof(root.spaces[id])) ||
        !transaction.will_change(&root.space_count, sizeof(root.space_count)))
      return false;
    root.spaces[id] = record_of(spec);
    impl_->space_count().store(id + 1, std::memory_order_release);
    return true;
  });
  if (!added) return Status(StatusCode::internal, fmt::format("cannot add a space: {}", pmem_error()));
  return SpaceId{id};
}

Status Pool::replace_space(SpaceId id, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  const auto index = static_cast<std::uint32_t>(id);
  assert(index < spaces().size());
  layout::SpaceRecord& record = impl_->root().spaces[index];
  const bool replaced = impl_->transact("replace space", [&](PmemTransaction& transaction) {
    if (!transaction.will_change(&record, sizeof(record))) return false;
    record = record_of(spec);
    return true;
  });
  if (replaced) return Status::ok();
  return {StatusCode::internal, fmt::format("cannot replace a space: {}", pmem_error())};
}

void Pool::set_quota(SpaceId space, std::uint64_t bytes) {
  const auto index = static_cast<std::uint32_t>(space);
  assert(index < spaces().size());
  impl_->persist().store(Impl::word(impl_->root().spaces[index].quota_bytes), bytes);
}

Status Pool::sync() const {
  if (msync(impl_->at(0), file_bytes(), MS_SYNC) == 0) return Status::ok();
  return {StatusCode::internal, fmt::format("cannot sync the pool: {}", strerror(errno))};
}

}  // namespace memo
