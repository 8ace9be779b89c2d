#include "memod/store/pool/examine/pool_bytes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace memo {

Result<PoolBytes> PoolBytes::open(int descriptor, const BackedFile& file) {
  PoolBytes bytes(descriptor, file);
  if (file.backing != Backing::devdax) return bytes;
  MEMO_ASSIGN_OR_RETURN(bytes.device_, Mapping::map(descriptor, file.bytes, Mapping::Access::read_only));
  return bytes;
}

Status PoolBytes::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (offset > size() || bytes.size() > size() - offset)
    return {StatusCode::corrupt,
            fmt::format("the file of {} bytes ends before byte {}", size(), offset + bytes.size())};
  MEMO_RETURN_IF_ERROR(read_file(offset, bytes));
  for (auto byte = changed_.lower_bound(offset); byte != changed_.end() && byte->first < offset + bytes.size();
       ++byte)
    bytes[byte->first - offset] = byte->second;
  return Status::ok();
}

Status PoolBytes::read_file(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (file_.backing == Backing::devdax) {
    std::memcpy(bytes.data(), device_.bytes().data() + offset, bytes.size());
    return Status::ok();
  }
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return {StatusCode::internal, fmt::format("byte {} cannot be read: {}", offset, std::strerror(errno))};
    if (count == 0) return {StatusCode::corrupt, fmt::format("the file ends at byte {}", offset)};
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return Status::ok();
}

void PoolBytes::change(std::uint64_t offset, std::span<const std::byte> bytes) {
  for (const std::byte value : bytes) changed_[offset++] = value;
}

}  // namespace memo
