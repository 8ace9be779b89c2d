#include "client/attached/attached_memory.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "client/memory/backing.h"
#include "client/memory/populate.h"
#include "client/step.h"

namespace memo {
namespace {

Status corrupt(std::string message) {
  return {StatusCode::corrupt, std::move(message)};
}

std::span<std::atomic<std::uint64_t>> lease_words(const Mapping& segment, const segment::Layout& layout) {
  auto* words = reinterpret_cast<std::atomic<std::uint64_t>*>(segment.bytes().data() + layout.leases);
  return {words, layout.lease_count};
}

bool lies_within(std::uint64_t offset, std::uint64_t bytes, std::uint64_t alignment, std::uint64_t total) {
  return offset % alignment == 0 && offset <= total && bytes <= total - offset;
}

}  // namespace

Result<std::shared_ptr<AttachedMemory>> AttachedMemory::map(const ControlClient::Attached& attached,
                                                            bool prefault) {
  const AttachReply& reply = attached.reply;
  if (reply.leases < 1 || reply.leases > segment::kMaxLeases) return corrupt("attach reply: number of leases");
  if (reply.draft_bytes > segment::kMaxDraftBytes || reply.draft_bytes % segment::kDraftGranule != 0)
    return corrupt("attach reply: size of the draft area");
  const segment::Layout layout = segment::Layout::make(reply.draft_bytes, reply.leases);
  auto segment = Mapping::map(attached.segment.get(), layout.total_bytes, Mapping::Access::read_write);
  if (!segment) return corrupt("segment: " + segment.status().message());
  // The first touch of a draft then brings 2 MiB, not a page.
  (void)advise_huge_pages(segment->bytes());
  step("attach: segment mapped");
  auto pool = Mapping::map(attached.pool.get(), reply.pool_bytes, Mapping::Access::read_only);
  if (!pool) return corrupt("pool: " + pool.status().message());
  const auto file = inspect_file(attached.pool.get());
  std::shared_ptr<AttachedMemory> memory(
      new AttachedMemory(std::move(pool).value(), std::move(segment).value(), layout));
  if (prefault && file && is_byte_addressable(file->backing)) memory->start_prefault();
  return memory;
}

// memod gathers the pool in huge pages; here they are only mapped.
void AttachedMemory::start_prefault() {
  (void)advise_huge_pages(pool_.bytes());
  try {
    warmer_.emplace(pool_.bytes(), PopulateOptions{});
  } catch (const std::system_error&) {
    // There was no thread left: pages are mapped when they are first read.
  }
}

MemoryWarmer::Progress AttachedMemory::prefault_progress() const {
  return warmer_ ? warmer_->progress() : MemoryWarmer::Progress{};
}

AttachedMemory::AttachedMemory(Mapping pool, Mapping segment, const segment::Layout& layout)
    : pool_(std::move(pool)),
      pool_guard_(pool_.bytes(), FaultGuard::OnFault::zeros_everywhere),
      segment_(std::move(segment)),
      layout_(layout),
      lease_slots_(lease_words(segment_, layout)),
      draft_area_(layout.draft_bytes, segment::kDraftGranule) {}

std::span<std::byte> AttachedMemory::part(std::uint64_t offset, std::uint64_t bytes) const {
  return segment_.bytes().subspan(offset, bytes);
}

std::span<std::byte> AttachedMemory::lookup_ring() const {
  return part(layout_.lookup_ring, segment::kLookupRing.total_bytes());
}

std::span<std::byte> AttachedMemory::publish_ring() const {
  return part(layout_.publish_ring, segment::kPublishRing.total_bytes());
}

std::span<std::byte> AttachedMemory::drafts() const {
  return part(layout_.drafts, layout_.draft_bytes);
}

Draft AttachedMemory::make_draft(SpaceId space, std::uint64_t bytes) {
  step("draft: taking");
  const auto offset = draft_area_.allocate(bytes);
  step("draft: taken");
  if (!offset) return Draft{.space = space, .payload = {}, .memory = nullptr};
  const std::span<std::byte> payload = drafts().subspan(*offset, bytes);
  std::shared_ptr<void> memory(payload.data(), [self = shared_from_this(), offset = *offset, bytes](void*) {
    step("draft: giving back");
    self->draft_area_.free(offset, bytes);
    step("draft: given back");
  });
  return Draft{.space = space, .payload = payload, .memory = std::move(memory)};
}

Result<View::Parts> AttachedMemory::view_of(const LookupAnswer& answer, std::uint32_t lease) {
  const std::span<const std::byte> pool = pool_.bytes();
  if (!lies_within(answer.state_word_offset, sizeof(std::uint64_t), alignof(std::uint64_t), pool.size()))
    return corrupt(fmt::format("lookup reply: state word at {}", answer.state_word_offset));
  if (!lies_within(answer.payload_offset, answer.payload_bytes, 64, pool.size()))
    return corrupt(
        fmt::format("lookup reply: payload of {} bytes at {}", answer.payload_bytes, answer.payload_offset));
  step("view: checking the generation");
  const auto* word = reinterpret_cast<const std::atomic<std::uint64_t>*>(pool.data() + answer.state_word_offset);
  if (word->load(std::memory_order_acquire) != static_cast<std::uint64_t>(answer.generation)) return View::Parts{};
  return View::Parts{.payload = pool.subspan(answer.payload_offset, answer.payload_bytes),
                     .state_word = word,
                     .generation = answer.generation,
                     .mapping = shared_from_this(),
                     // Two words: fits into std::function without an allocation. `mapping` keeps the slots alive.
                     .release = [slots = &lease_slots_, lease] { slots->give_back(lease); }};
}

}  // namespace memo
