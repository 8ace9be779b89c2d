#include "memod/store/pool/file/root_init.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "memod/store/pool/format/checksums.h"
#include "memod/store/pool/format/clock.h"

namespace memo {

std::uint64_t regular_extent_bytes(std::uint64_t pool_bytes) {
  constexpr std::uint64_t kUnit = layout::kPayloadAlignment;
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  return std::clamp(pool_bytes / 64 / kUnit * kUnit, kUnit, kLargest);
}

Status initialize_root(PMEMobjpool* pool, std::uint64_t pool_bytes) {
  std::array<std::uint64_t, 2> uuid{};
  if (getrandom(uuid.data(), sizeof(uuid), 0) != sizeof(uuid))
    return {StatusCode::internal, "cannot get random bytes for the pool's identity"};
  const PMEMoid object = pmemobj_root(pool, layout::kRootObjectBytes);  // zeroed
  if (object.off == 0) return {StatusCode::full, fmt::format("no room for the pool's tables: {}", pmem_error())};
  auto& root = *static_cast<layout::Root*>(pmemobj_direct(object));

  PmemTransaction transaction(pool);
  if (!transaction.begun() || !transaction.will_change(&root, offsetof(layout::Root, spaces)))
    return {StatusCode::internal, fmt::format("cannot initialize the pool: {}", pmem_error())};
  root.version = layout::kVersion;
  root.uuid_high = uuid[0];
  root.uuid_low = uuid[1];
  root.created_unix_ns = now_unix_ns();
  root.extent_bytes = regular_extent_bytes(pool_bytes);
  root.magic = layout::kMagic;
  root.checksum = root_checksum(root);
  transaction.commit();
  return Status::ok();
}

}  // namespace memo
