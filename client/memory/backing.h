// What a mapped file lies on, and what that means for mapping it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "memo/status.h"

namespace memo {

enum class Backing {
  disk,    // page cache before a storage: what is mapped in has been read from there
  memory,  // tmpfs, a memfd
  fsdax,   // a file on a DAX file system: mapped without a page cache
  devdax,  // a DAX character device: no file system, read or write; mappings only
};
std::string_view to_string(Backing backing);

// Whether the pages are in memory anyway, so that mapping one in reads nothing from a storage.
inline bool is_byte_addressable(Backing backing) {
  return backing != Backing::disk;
}

inline constexpr std::uint64_t kHugePageBytes = 2ull << 20;

// What sysfs says of a DAX device.
struct DaxDevice {
  std::uint64_t bytes = 0;
  std::uint64_t alignment = kHugePageBytes;  // of addresses and sizes of its mappings; also its page size
  std::optional<int> numa_node;
};

struct BackedFile {
  Backing backing = Backing::disk;
  std::uint64_t bytes = 0;
  std::uint64_t alignment = kHugePageBytes;  // that an address of a mapping needs, for large pages at least
  std::optional<int> numa_node = {};         // of a device: where it always lies
};

// The device with this number. `sysfs`: where sysfs is mounted.
// Errors: invalid_argument (no DAX device), corrupt (its size or alignment makes no sense).
Result<DaxDevice> find_dax_device(dev_t number, const std::string& sysfs = "/sys");

// Errors: invalid_argument (neither a regular file nor a DAX device), internal.
Result<BackedFile> inspect_file(int fd);

}  // namespace memo
