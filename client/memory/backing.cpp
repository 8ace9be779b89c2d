#include "client/memory/backing.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace memo {
namespace {

// The number in a file of sysfs, in decimal.
template <typename Number>
std::optional<Number> read_number(const std::string& path) {
  std::string text;
  if (!std::getline(std::ifstream(path), text)) return std::nullopt;
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_power_of_two(std::uint64_t number) {
  return number != 0 && (number & (number - 1)) == 0;
}

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

bool is_dax_file(int fd) {
  struct statx status = {};
  return ::statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_DAX) != 0;
}

bool is_memory_file(int fd) {
  struct statfs system = {};
  return ::fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

}  // namespace

std::string_view to_string(Backing backing) {
  switch (backing) {
    case Backing::memory:
      return "tmpfs";
    case Backing::fsdax:
      return "fsdax";
    case Backing::devdax:
      return "devdax";
    case Backing::disk:
      break;
  }
  return "disk";
}

Result<DaxDevice> find_dax_device(dev_t number, const std::string& sysfs) {
  const std::string folder = fmt::format("{}/dev/char/{}:{}", sysfs, major(number), minor(number));
  std::error_code error;
  // .../bus/dax, of old .../class/dax
  const auto subsystem = std::filesystem::canonical(folder + "/subsystem", error);
  if (error || subsystem.filename() != "dax")
    return invalid(fmt::format("character device {}:{} is no DAX device", major(number), minor(number)));
  DaxDevice device;
  device.bytes = read_number<std::uint64_t>(folder + "/size").value_or(0);
  auto alignment = read_number<std::uint64_t>(folder + "/align");
  if (!alignment) alignment = read_number<std::uint64_t>(folder + "/dax_region/align");
  device.alignment = alignment.value_or(device.alignment);
  const auto node = read_number<int>(folder + "/numa_node");
  if (node && *node >= 0) device.numa_node = node;
  if (device.bytes == 0 || !is_power_of_two(device.alignment) || device.alignment < 4096 ||
      device.bytes % device.alignment != 0)
    return Status(StatusCode::corrupt, fmt::format("DAX device {}:{}: {} bytes in pages of {} cannot be",
                                                   major(number), minor(number), device.bytes, device.alignment));
  return device;
}

Result<BackedFile> inspect_file(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0)
    return Status(StatusCode::internal, fmt::format("fstat: {}", std::strerror(errno)));
  if (S_ISCHR(status.st_mode)) {
    MEMO_ASSIGN_OR_RETURN(const auto device, find_dax_device(status.st_rdev));
    return BackedFile{Backing::devdax, device.bytes, device.alignment, device.numa_node};
  }
  if (!S_ISREG(status.st_mode)) return invalid("neither a regular file nor a DAX device");
  BackedFile file{.bytes = static_cast<std::uint64_t>(status.st_size)};
  if (is_memory_file(fd))
    file.backing = Backing::memory;
  else if (is_dax_file(fd))
    file.backing = Backing::fsdax;
  return file;
}

}  // namespace memo
