#include "client/memory/populate.h"

#include <sys/mman.h>

#include <cerrno>

#include "client/memory/backing.h"

namespace memo {
namespace {

// These are numbers, for older headers lack the names.
constexpr int kPopulateRead = 22;
constexpr int kPopulateWrite = 23;
constexpr int kCollapse = 25;

// The kernel asks to try again when a page was in other use just then.
int advise(std::byte* address, std::size_t bytes, int advice) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (::madvise(address, bytes, advice) == 0) return 0;
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return errno;
}

// Page by page, so that a huge page that cannot be made does not prevent the others.
void collapse(std::span<std::byte> memory, PopulateResult* result) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  std::size_t at = (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  for (; at + kHugePageBytes <= memory.size(); at += kHugePageBytes) {
    const int error = advise(memory.data() + at, kHugePageBytes, kCollapse);
    if (error == 0) continue;
    result->collapse_failures += 1;
    result->collapse_error = error;
  }
}

}  // namespace

PopulateResult populate(std::span<std::byte> memory, const PopulateOptions& options) {
  PopulateResult result;
  if (memory.empty()) return result;
  if (options.collapse) collapse(memory, &result);
  result.error = advise(memory.data(), memory.size(), options.writable ? kPopulateWrite : kPopulateRead);
  return result;
}

bool advise_huge_pages(std::span<std::byte> memory) {
  return ::madvise(memory.data(), memory.size(), MADV_HUGEPAGE) == 0;
}

}  // namespace memo
