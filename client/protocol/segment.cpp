#include "client/protocol/segment.h"

#include <cassert>

namespace memo::segment {
namespace {

constexpr std::uint64_t kPage = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

std::uint64_t RingShape::reply_offset() const {
  return sizeof(CellHeader) + round_up(request_bytes, 64);
}

std::uint64_t RingShape::cell_bytes() const {
  return reply_offset() + round_up(reply_bytes, 64);
}

std::uint64_t RingShape::total_bytes() const {
  return sizeof(Doorbell) + cells * cell_bytes();
}

Layout Layout::make(std::uint64_t draft_bytes, std::uint32_t lease_count) {
  assert(draft_bytes <= kMaxDraftBytes && draft_bytes % kDraftGranule == 0);
  assert(lease_count <= kMaxLeases);
  Layout layout;
  layout.lookup_ring = 0;
  layout.publish_ring = round_up(kLookupRing.total_bytes(), kPage);
  layout.leases = layout.publish_ring + round_up(kPublishRing.total_bytes(), kPage);
  layout.drafts = layout.leases + round_up(lease_count * sizeof(std::uint64_t), kPage);
  layout.total_bytes = layout.drafts + draft_bytes;
  layout.lease_count = lease_count;
  layout.draft_bytes = draft_bytes;
  return layout;
}

}  // namespace memo::segment
