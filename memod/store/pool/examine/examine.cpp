#include "memod/store/pool/examine/examine.h"

#include <fmt/format.h>

#include "memod/store/pool/examine/headers.h"
#include "memod/store/pool/examine/heap.h"
#include "memod/store/pool/examine/logs.h"
#include "memod/store/pool/examine/objects.h"
#include "memod/store/pool/format/validate.h"

namespace memo {
namespace {

Status of_file(const std::string& path, const Status& status) {
  if (status.is_ok() || status.code() != StatusCode::corrupt)
    return {status.code(), status.is_ok() ? "" : fmt::format("{}: {}", path, status.message())};
  return {StatusCode::corrupt, fmt::format("{} is damaged: {}", path, status.message())};
}

Result<std::vector<UsedChunks>> read_used_chunks(PoolBytes& pool) {
  MEMO_RETURN_IF_ERROR(check_headers(pool));
  MEMO_RETURN_IF_ERROR(recover_logs(pool));
  return read_heap(pool);
}

}  // namespace

Status examine_pool(int descriptor, const BackedFile& file, const std::string& path) {
  auto pool = PoolBytes::open(descriptor, file);
  if (!pool) return of_file(path, pool.status());
  const auto used = read_used_chunks(*pool);
  if (!used) return of_file(path, used.status());
  const auto root = read_root(*pool, *used);
  if (!root) return of_file(path, root.status());
  MEMO_RETURN_IF_ERROR(validate_root_header(**root, path));
  MEMO_RETURN_IF_ERROR(validate_tables(**root, file.bytes, path));
  return of_file(path, check_extents(*pool, **root, *used));
}

}  // namespace memo
