// MappingUse: how a mapping of this process really lies in memory, according to the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>

#include "memo/status.h"

namespace memo {

struct MappingUse {
  std::uint64_t mapped_bytes = 0;   // virtual
  std::uint64_t present_bytes = 0;  // that the page tables of this process have
  std::uint64_t huge_bytes = 0;     // of them through entries for huge pages
  // What the lowest level of page tables takes for the other bytes: 8 bytes for 4 KiB.
  std::uint64_t page_table_bytes() const { return (present_bytes - huge_bytes) / 512; }
};

// Reads /proc/self/smaps. The kernel walks all page tables for that: milliseconds per GiB that is not on huge
// pages.
// Errors: internal (there is no such file here, or its format is another).
Result<MappingUse> measure_mapping(std::span<const std::byte> memory);

// Reads the same from such a file's text. Counts mappings that lie within [begin, end).
Result<MappingUse> read_mapping_use(std::istream& smaps, std::uintptr_t begin, std::uintptr_t end);

// What the system says of transparent huge pages, e.g. "madvise, shmem advise"; "none" without them.
// `sysfs`: where sysfs is mounted.
std::string huge_page_setting(const std::string& sysfs = "/sys");

}  // namespace memo
