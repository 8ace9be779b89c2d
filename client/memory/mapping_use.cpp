#include "client/memory/mapping_use.h"

#include <charconv>
#include <fstream>
#include <istream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace memo {
namespace {

// "7f0000000000-7f0000400000 rw-s 00000000 00:1a 1234 /path"
std::optional<std::pair<std::uintptr_t, std::uintptr_t>> parse_range(std::string_view line) {
  const char* const end = line.data() + line.size();
  std::uintptr_t first = 0, last = 0;
  const auto dash = std::from_chars(line.data(), end, first, 16);
  if (dash.ec != std::errc{} || dash.ptr == end || *dash.ptr != '-') return std::nullopt;
  const auto space = std::from_chars(dash.ptr + 1, end, last, 16);
  if (space.ec != std::errc{} || space.ptr == end || *space.ptr != ' ') return std::nullopt;
  return std::pair(first, last);
}

// "Rss:                1024 kB": bytes.
std::uint64_t parse_kibibytes(std::string_view value) {
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number << 10;
}

void add_field(std::string_view line, MappingUse* use) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 1);
  if (name == "Rss") use->present_bytes += parse_kibibytes(value);
  // Which of them depends on what the mapping is of.
  if (name == "AnonHugePages" || name == "ShmemPmdMapped" || name == "FilePmdMapped")
    use->huge_bytes += parse_kibibytes(value);
}

// The value in brackets of "always [madvise] never".
std::string selected(const std::string& path) {
  std::string text;
  std::getline(std::ifstream(path), text);
  const std::size_t open = text.find('['), close = text.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return "";
  return text.substr(open + 1, close - open - 1);
}

}  // namespace

Result<MappingUse> read_mapping_use(std::istream& smaps, std::uintptr_t begin, std::uintptr_t end) {
  MappingUse use;
  bool any = false, ours = false;
  for (std::string line; std::getline(smaps, line);) {
    if (const auto range = parse_range(line)) {
      any = true;
      ours = range->first >= begin && range->second <= end;
      if (ours) use.mapped_bytes += range->second - range->first;
    } else if (ours) {
      add_field(line, &use);
    }
  }
  if (!any) return Status(StatusCode::internal, "smaps lists no mapping");
  return use;
}

Result<MappingUse> measure_mapping(std::span<const std::byte> memory) {
  constexpr std::uintptr_t kPage = 4096;
  std::ifstream smaps("/proc/self/smaps");
  if (!smaps) return Status(StatusCode::internal, "cannot read /proc/self/smaps");
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  return read_mapping_use(smaps, begin, begin + (memory.size() + kPage - 1) / kPage * kPage);
}

std::string huge_page_setting(const std::string& sysfs) {
  const std::string folder = sysfs + "/kernel/mm/transparent_hugepage/";
  const std::string enabled = selected(folder + "enabled");
  const std::string shmem = selected(folder + "shmem_enabled");
  if (enabled.empty()) return "none";
  return shmem.empty() ? enabled : fmt::format("{}, shmem {}", enabled, shmem);
}

}  // namespace memo
