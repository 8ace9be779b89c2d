#include "memod/store/pool/pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

#include "memod/store/pool/examine/examine.h"
#include "memod/store/pool/file/own_file.h"
#include "memod/store/pool/file/pool_file.h"
#include "memod/store/pool/format/checksums.h"
#include "memod/store/pool/format/pmem.h"
#include "memod/store/pool/format/validate.h"
#include "memod/store/pool/pool_impl.h"

namespace memo {

static_assert(sizeof(std::atomic<std::uint64_t>) == sizeof(std::uint64_t));
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

void emulate_persistent_memory() {
  // libpmem reads it when the first pool is opened.
  setenv("PMEM_IS_PMEM_FORCE", "1", 1);
}

namespace {

// Elsewhere each store takes an msync.
bool is_pmem(PMEMobjpool* pool, std::uint64_t bytes, bool on_dax) {
  return on_dax || pmem_is_pmem(pool, bytes) != 0;
}

layout::Root& root_in(PMEMobjpool* pool) {
  return *static_cast<layout::Root*>(pmemobj_direct(pmemobj_root(pool, layout::kRootObjectBytes)));
}

}  // namespace

Pool::Impl::Impl(PoolFile file, const PoolOptions& options, bool on_dax)
    : path_(options.path),
      observer_(options.observer),
      descriptor_(std::move(file.descriptor)),
      pool_(std::move(file.pool)),
      persist_(pool_.get(), observer_.get(), is_pmem(pool_.get(), file.backing.bytes, on_dax), best_stream()),
      base_(reinterpret_cast<std::byte*>(pool_.get())),
      tables_(root_in(pool_.get())),
      file_(file.backing),
      on_dax_(on_dax),
      uuid_(pmemobj_oid(&tables_.stored()).pool_uuid_lo),
      fields_(pool_.get()) {
  for (std::uint32_t index = 0; index < tables_.extents().size(); ++index)
    if (const layout::ExtentRecord record = tables_.extents()[index]; record.slot_count > 0)
      tables_.set_extent(index, record, object_bytes(record.payload_object));
}

// A pool that cannot be closed in order, or for whose examination there is no memory, is left to the end of the
// process: nothing that was acknowledged depends on closing.
Pool::Impl::~Impl() {
  bool sound = false;
  try {
    sound = examine().is_ok();
  } catch (const std::exception&) {
  }
  if (!sound) (void)pool_.release();
}

Status Pool::Impl::examine() const {
  const auto damaged = [this](const std::string& what) {
    return Status(StatusCode::corrupt, fmt::format("{} is damaged: {}", path_, what));
  };
  if (!fields_.unchanged()) return damaged("libpmemobj's fields changed under this process");
  if (const Status same = tables_.compare(); !same) return damaged(same.message());
  return examine_pool(descriptor(), file_, path_);
}

namespace {

// Errors: corrupt, unsupported.
Status check_contents(PMEMobjpool* pool, std::uint64_t file_bytes, const std::string& path) {
  if (pmemobj_root_size(pool) < layout::kRootObjectBytes)
    return {StatusCode::corrupt, fmt::format("{} is not a memod pool: its root has {} bytes, not {}", path,
                                             pmemobj_root_size(pool), layout::kRootObjectBytes)};
  const layout::Root& root = root_in(pool);
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
  MEMO_ASSIGN_OR_RETURN(PoolFile file, open_or_create(options));
  MEMO_RETURN_IF_ERROR(check_contents(file.pool.get(), file.backing.bytes, options.path));

  const bool on_dax = is_on_dax(file.descriptor.get());
  auto impl = std::make_unique<Impl>(std::move(file), options, on_dax);
  PoolTables& tables = impl->tables();
  tables.set_opens(tables.root().opens + 1);
  impl->persist().store(Impl::word(tables.stored().opens), tables.root().opens);
  return std::unique_ptr<Pool>(new Pool(std::move(impl)));
}

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

const layout::Root& Pool::root() const {
  return impl_->tables().root();
}
const layout::Root& Pool::stored_root() const {
  return impl_->tables().stored();
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
  return impl_->tables().spaces();
}

Result<SpaceId> Pool::add_space(const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  const auto id = static_cast<std::uint32_t>(spaces().size());
  if (id == layout::kMaxSpaces)
    return Status(StatusCode::full, fmt::format("the pool has {} spaces, no more fit", layout::kMaxSpaces));
  MEMO_RETURN_IF_ERROR(impl_->examine());
  layout::Root& stored = impl_->tables().stored();
  const layout::SpaceRecord record = record_of(spec);
  const bool added = impl_->transact("add space", [&](PmemTransaction& transaction) {
    if (!transaction.will_change(&stored.spaces[id], sizeof(record)) ||
        !transaction.will_change(&stored.space_count, sizeof(stored.space_count)))
      return false;
    stored.spaces[id] = record;
    stored.space_count = id + 1;
    return true;
  });
  if (!added) return Status(StatusCode::internal, fmt::format("cannot add a space: {}", pmem_error()));
  impl_->tables().set_space(id, record);
  return SpaceId{id};
}

Status Pool::replace_space(SpaceId id, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(spec.validate());
  const auto index = static_cast<std::uint32_t>(id);
  assert(index < spaces().size());
  MEMO_RETURN_IF_ERROR(impl_->examine());
  layout::SpaceRecord& stored = impl_->tables().stored().spaces[index];
  const layout::SpaceRecord record = record_of(spec);
  const bool replaced = impl_->transact("replace space", [&](PmemTransaction& transaction) {
    if (!transaction.will_change(&stored, sizeof(stored))) return false;
    stored = record;
    return true;
  });
  if (!replaced) return {StatusCode::internal, fmt::format("cannot replace a space: {}", pmem_error())};
  impl_->tables().set_space(index, record);
  return Status::ok();
}

void Pool::set_quota(SpaceId space, std::uint64_t bytes) {
  const auto index = static_cast<std::uint32_t>(space);
  assert(index < spaces().size());
  impl_->tables().set_quota(index, bytes);
  impl_->persist().store(Impl::word(impl_->tables().stored().spaces[index].quota_bytes), bytes);
}

Status Pool::sync() const {
  if (msync(impl_->at(0), file_bytes(), MS_SYNC) == 0) return Status::ok();
  return {StatusCode::internal, fmt::format("cannot sync the pool: {}", strerror(errno))};
}

}  // namespace memo
