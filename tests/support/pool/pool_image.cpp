#include "tests/support/pool/pool_image.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "client/protocol/unique_fd.h"

namespace memo::test {
namespace {

constexpr std::size_t kPage = 4096;

void require(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte value) { return value == std::byte{0}; });
}

void make_hole(int file, std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return;
  require(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                    static_cast<off_t>(bytes)) == 0,
          "fallocate");
}

void write_at(int file, std::uint64_t offset, std::span<const std::byte> bytes) {
  const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  require(written == static_cast<ssize_t>(bytes.size()), "pwrite");
}

}  // namespace

std::filesystem::path fast_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

PoolImage::PoolImage(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  require(static_cast<bool>(file), "open");
  std::vector<std::byte> page(kPage);
  bool joins_last = false;
  for (ssize_t bytes; (bytes = read(file.get(), page.data(), kPage)) > 0;) {
    const std::span content(page.data(), static_cast<std::size_t>(bytes));
    const bool empty = is_zero(content);
    if (!empty && !joins_last) runs_.push_back({file_bytes_, {}});
    if (!empty) runs_.back().bytes.insert(runs_.back().bytes.end(), content.begin(), content.end());
    joins_last = !empty;
    file_bytes_ += content.size();
  }
}

void PoolImage::restore(const std::string& path) const {
  const UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  require(static_cast<bool>(file), "open");
  require(ftruncate(file.get(), static_cast<off_t>(file_bytes_)) == 0, "ftruncate");
  std::uint64_t end = 0;
  for (const Run& run : runs_) {
    make_hole(file.get(), end, run.offset - end);
    write_changes(file.get(), run);
    end = run.offset + run.bytes.size();
  }
  make_hole(file.get(), end, file_bytes_ - end);
}

// Most of a pool is as it was: libpmemobj's logs alone are 3 MiB. Looking is cheaper than writing.
void PoolImage::write_changes(int file, const Run& run) {
  void* const mapped = mmap(nullptr, run.bytes.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file,
                            static_cast<off_t>(run.offset));
  require(mapped != MAP_FAILED, "mmap");
  auto* const there = static_cast<std::byte*>(mapped);
  for (std::size_t at = 0; at < run.bytes.size(); at += kPage) {
    const std::size_t bytes = std::min(kPage, run.bytes.size() - at);
    if (std::memcmp(there + at, run.bytes.data() + at, bytes) != 0)
      std::memcpy(there + at, run.bytes.data() + at, bytes);
  }
  munmap(mapped, run.bytes.size());
}

void overwrite(const std::string& path, std::uint64_t offset, std::span<const std::byte> bytes) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  require(static_cast<bool>(file), "open");
  write_at(file.get(), offset, bytes);
}

std::byte byte_at(const std::string& path, std::uint64_t offset) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::byte value{};
  require(pread(file.get(), &value, 1, static_cast<off_t>(offset)) == 1, "pread");
  return value;
}

}  // namespace memo::test
