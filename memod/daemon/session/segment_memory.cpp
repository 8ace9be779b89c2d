#include "memod/daemon/session/segment_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "client/memory/populate.h"

namespace memo {
namespace {

Status system_error(std::string_view call) {
  return {StatusCode::internal, fmt::format("{} for a session's segment: {}", call, std::strerror(errno))};
}

}  // namespace

Result<SegmentMemory> SegmentMemory::create(const segment::Layout& layout) {
  UniqueFd fd(::memfd_create("memod-session", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return system_error("memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(layout.total_bytes)) != 0) return system_error("ftruncate");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return system_error("sealing");
  MEMO_ASSIGN_OR_RETURN(auto mapping, Mapping::map(fd.get(), layout.total_bytes, Mapping::Access::read_write));
  (void)advise_huge_pages(mapping.bytes());  // a draft's first page brings 2 MiB
  return SegmentMemory(std::move(fd), std::move(mapping), layout);
}

SegmentMemory::SegmentMemory(UniqueFd fd, Mapping mapping, const segment::Layout& layout)
    : fd_(std::move(fd)), mapping_(std::move(mapping)), layout_(layout) {}

std::span<std::byte> SegmentMemory::lookup_ring() const {
  return mapping_.bytes().subspan(layout_.lookup_ring, segment::kLookupRing.total_bytes());
}

std::span<std::byte> SegmentMemory::publish_ring() const {
  return mapping_.bytes().subspan(layout_.publish_ring, segment::kPublishRing.total_bytes());
}

std::span<std::atomic<std::uint64_t>> SegmentMemory::lease_words() const {
  auto* words = reinterpret_cast<std::atomic<std::uint64_t>*>(mapping_.bytes().data() + layout_.leases);
  return {words, layout_.lease_count};
}

std::span<const std::byte> SegmentMemory::drafts() const {
  return mapping_.bytes().subspan(layout_.drafts, layout_.draft_bytes);
}

}  // namespace memo
