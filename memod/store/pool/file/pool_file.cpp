#include "memod/store/pool/file/pool_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mman.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "client/memory/address_space.h"
#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "memod/store/pool/examine/examine.h"
#include "memod/store/pool/examine/pmdk_format.h"
#include "memod/store/pool/file/own_file.h"
#include "memod/store/pool/file/reserve.h"
#include "memod/store/pool/format/layout.h"

namespace memo {
namespace {

// Where libpmemobj keeps its own signature and the pool's layout name.
constexpr std::string_view kPmdkSignature("PMEMOBJ\0", 8);
constexpr std::size_t kHeaderBytes = 8192;

bool has_signature(std::span<const std::byte> header) {
  return header.size() >= kPmdkSignature.size() &&
         std::memcmp(header.data(), kPmdkSignature.data(), kPmdkSignature.size()) == 0;
}

std::string layout_name(std::span<const std::byte> header) {
  constexpr std::size_t kLongest = 64;
  if (header.size() <= pmdk::kDescriptorOffset) return "";
  const auto* text = reinterpret_cast<const char*>(header.data()) + pmdk::kDescriptorOffset;
  return {text, strnlen(text, std::min(kLongest, header.size() - pmdk::kDescriptorOffset))};
}

// A damaged or foreign name may hold anything, and messages are for terminals.
std::string printable(std::string text) {
  for (char& letter : text)
    if (letter < ' ' || letter > '~') letter = '?';
  return text;
}

// Reads the first two pages. A DAX device can only be mapped, in pages of its own size.
Result<std::vector<std::byte>> read_header(const std::string& path, int descriptor, const BackedFile& file) {
  std::vector<std::byte> header(kHeaderBytes);
  if (file.backing != Backing::devdax) {
    const ssize_t count = pread(descriptor, header.data(), header.size(), 0);
    if (count < 0) return file_error(path, errno);
    header.resize(static_cast<std::size_t>(count));
    return header;
  }
  MEMO_ASSIGN_OR_RETURN(const auto mapping,
                        Mapping::map(descriptor, std::max<std::uint64_t>(file.alignment, header.size()),
                                     Mapping::Access::read_only));
  std::copy_n(mapping.bytes().begin(), header.size(), header.begin());
  return header;
}

// Looks at the file as bytes, so that foreign files get a clear answer and libpmemobj never sees them.
Status check_header(const std::string& path, std::span<const std::byte> header, bool is_device) {
  switch (classify_header(header)) {
    case PoolHeader::memod:
      return Status::ok();
    case PoolHeader::other_program:
      return {StatusCode::unsupported, fmt::format("{} is a pool of another program (PMDK layout \"{}\")", path,
                                                   printable(layout_name(header)))};
    case PoolHeader::empty:
      if (is_device) return {StatusCode::not_found, fmt::format("{} has no pool yet", path)};
      break;
    case PoolHeader::foreign:
      break;
  }
  if (header.size() <= pmdk::kDescriptorOffset && has_signature(header))
    return {StatusCode::corrupt, fmt::format("{} is truncated", path)};
  return {StatusCode::corrupt, fmt::format("{} is not a memod pool", path)};
}

}  // namespace

Status check_pool_size(const std::string& path, std::uint64_t bytes) {
  if (bytes >= layout::kMinPoolBytes) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("{} is truncated: it has {} bytes, a pool at least {}", path, bytes, layout::kMinPoolBytes)};
}

Status check_address_space(const std::string& path, std::uint64_t bytes) {
  constexpr std::uint64_t kBesides = 16 << 20;
  if (has_address_space(bytes + kBesides)) return Status::ok();
  return {StatusCode::full,
          fmt::format("no address space left to map {}: it has {} bytes, and some are needed besides; "
                      "raise the limit (ulimit -v)",
                      path, bytes)};
}

Result<BackedFile> inspect_pool_file(const std::string& path, int descriptor) {
  auto backing = inspect_file(descriptor);
  if (!backing) return Status(backing.status().code(), fmt::format("{}: {}", path, backing.status().message()));
  return backing;
}

PoolHeader classify_header(std::span<const std::byte> header) {
  const bool empty = std::all_of(header.begin(), header.end(), [](std::byte byte) { return byte == std::byte{}; });
  if (empty) return PoolHeader::empty;
  if (!has_signature(header) || header.size() <= pmdk::kDescriptorOffset) return PoolHeader::foreign;
  return layout_name(header) == layout::kPmdkLayoutName ? PoolHeader::memod : PoolHeader::other_program;
}

namespace {

// The process that has the pool open changes it, so its contents say nothing now.
class ExclusiveLock {
 public:
  explicit ExclusiveLock(int file) : file_(file), held_(flock(file, LOCK_EX | LOCK_NB) == 0) {}
  ~ExclusiveLock() {
    if (held_) flock(file_, LOCK_UN);
  }
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;
  bool held() const { return held_; }

 private:
  int file_;
  bool held_;
};

// This lock ends before libpmemobj takes its own, through another descriptor. A process that opens the pool in
// between also examines it, and leaves it sound.
Status examine_locked(const std::string& path, int file, const BackedFile& backing) {
  MEMO_ASSIGN_OR_RETURN(const auto header, read_header(path, file, backing));
  MEMO_RETURN_IF_ERROR(check_header(path, header, backing.backing == Backing::devdax));
  MEMO_RETURN_IF_ERROR(check_pool_size(path, backing.bytes));
  const ExclusiveLock lock(file);
  if (!lock.held()) return file_error(path, errno);
  MEMO_RETURN_IF_ERROR(examine_pool(file, backing, path));
  return fill_holes(file, path, backing);
}

}  // namespace

Result<PoolFile> open_pool_file(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto file, open_own_file(path, O_RDWR));
  MEMO_ASSIGN_OR_RETURN(const auto backing, inspect_pool_file(path, file.get()));
  MEMO_RETURN_IF_ERROR(examine_locked(path, file.get(), backing));
  MEMO_RETURN_IF_ERROR(check_address_space(path, backing.bytes));
  PmemPool pool(pmemobj_open(name_of(file.get()).c_str(), layout::kPmdkLayoutName));
  if (pool) return PoolFile{std::move(file), backing, std::move(pool)};
  if (errno != EINVAL) return file_error(path, errno);
  return Status(StatusCode::corrupt, fmt::format("{} is truncated or damaged: {}", path, pmem_error()));
}

bool is_on_dax(const std::string& path) {
  const auto file = open_own_file(path, O_RDWR);
  return file && is_on_dax(file->get());
}

bool is_on_dax(int descriptor) {
  const auto backing = inspect_file(descriptor);
  if (backing && backing->backing == Backing::devdax) return true;
  // Only a DAX file can promise that a mapping needs no msync.
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, descriptor, 0);
  if (page == MAP_FAILED) return false;
  munmap(page, 4096);
  return true;
}

}  // namespace memo
