#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "memod/store/pool/format/checksums.h"
#include "memod/store/pool/pool_impl.h"

namespace memo {

std::uint64_t Pool::Impl::feature_offset(SlotId slot) const {
  const layout::ExtentRecord& record = extent(slot);
  return record.headers_start + record.slot_count * sizeof(layout::SlotHeader) +
         slot.index() * std::uint64_t{space(slot).feature_dimension} * sizeof(float);
}

const layout::SlotHeader& Pool::header(SlotId slot) const {
  return impl_->header(slot);
}
const std::atomic<std::uint64_t>& Pool::state_word(SlotId slot) const {
  return impl_->state_word(slot);
}
std::uint64_t Pool::state_word_offset(SlotId slot) const {
  return impl_->header_offset(slot);
}
std::uint64_t Pool::payload_offset(SlotId slot) const {
  return impl_->payload_offset(slot);
}

std::span<const float> Pool::feature(SlotId slot) const {
  return {reinterpret_cast<const float*>(impl_->at(impl_->feature_offset(slot))),
          impl_->space(slot).feature_dimension};
}

std::span<const std::byte> Pool::payload(SlotId slot) const {
  const std::uint64_t limit = impl_->space(slot).payload_bytes;
  return {impl_->at(payload_offset(slot)), std::min(header(slot).payload_bytes, limit)};
}

// The order of stores, and why a reader needs no lock:
//
// A reader of an old memo here (memo/view.h) loads payload bytes, then, after an acquire fence, the state word,
// and trusts the bytes if the word is the generation it was given. free_slot() has changed the word before this
// slot could be chosen again, and its persist ended with a store fence. The fence below repeats it on this
// thread, for the stores that follow bypass the cache and are ordered by nothing else. So a reader that has seen
// one byte of the new payload also sees the changed word: it sees old bytes or a changed word, never new bytes
// under the old word.
//
// Across a crash: payload, feature and header are fenced before the state word is stored, and an aligned 8-byte
// store is not torn. So a word that says `live` proves that all the rest is there.
Generation Pool::write_slot(SlotId slot, const SlotContent& content) {
  const std::uint64_t free_word = impl_->state_word(slot).load(std::memory_order_relaxed);
  assert(content.payload.size() <= impl_->space(slot).payload_bytes);
  assert(content.feature.size() == impl_->space(slot).feature_dimension);
  const std::uint64_t live_word =
      layout::make_state_word(layout::generation_of(free_word), layout::SlotState::live);

  const Persist& persist = impl_->persist();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  persist.fence();
  // The hash of what was stored: the source may be a client's memory, which can change between two reads.
  const std::uint64_t checksum = persist.copy_hashed(impl_->at(payload_offset(slot)), content.payload);
  persist.copy(impl_->at(impl_->feature_offset(slot)), std::as_bytes(content.feature));
  const layout::SlotHeader header = make_header(live_word, content, checksum);
  const auto after_word = std::as_bytes(std::span(&header, 1)).subspan(sizeof(header.state_word));
  persist.copy(impl_->at(impl_->header_offset(slot)) + sizeof(header.state_word), after_word);
  persist.fence();
  persist.store(impl_->state_word(slot), live_word);
  return Generation{live_word};
}

void Pool::free_slot(SlotId slot) {
  const std::uint64_t word = impl_->state_word(slot).load(std::memory_order_relaxed);
  impl_->persist().store(impl_->state_word(slot),
                         layout::make_state_word(layout::generation_of(word) + 1, layout::SlotState::free));
}

void Pool::set_pinned(SlotId slot, bool pinned) {
  impl_->persist().store(Impl::word(impl_->header(slot).flags), pinned ? layout::kPinned : 0);
}

bool Pool::is_pinned(SlotId slot) const {
  return (Impl::word(impl_->header(slot).flags).load(std::memory_order_relaxed) & layout::kPinned) != 0;
}

float Pool::penalty(SlotId slot) const {
  const float stored = impl_->header(slot).penalty;
  return is_penalty(stored) ? stored : 1;
}

void Pool::note_usage(SlotId slot, std::uint64_t usage) {
  Impl::word(impl_->header(slot).usage).store(usage, std::memory_order_relaxed);
}

std::optional<layout::SlotHeader> Pool::sound_header(SlotId slot) const {
  // What follows changes while a memo lives.
  layout::SlotHeader copy{};
  std::memcpy(&copy, &header(slot), offsetof(layout::SlotHeader, flags));
  return copy.header_checksum == header_checksum(copy) ? std::optional(copy) : std::nullopt;
}

Status Pool::check_slot(SlotId slot) const {
  const layout::SlotHeader& stored = header(slot);
  const layout::SpaceRecord& space = impl_->space(slot);
  const std::span<const float> values = feature(slot);
  const auto bad = [](std::string_view field) {
    return Status(StatusCode::corrupt, fmt::format("{} is damaged", field));
  };
  if (stored.header_checksum != header_checksum(stored)) return bad("header");
  if (stored.layer >= kMaxLayers) return bad("layer");
  if (stored.length < 1 || stored.length > space.length_bucket) return bad("length");
  if (stored.payload_bytes < 1 || stored.payload_bytes > space.payload_bytes) return bad("payload size");
  if (stored.feature_checksum != feature_checksum(values)) return bad("feature");
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    return bad("feature");
  return Status::ok();
}

Status Pool::check_memo(SlotId slot) const {
  MEMO_RETURN_IF_ERROR(check_slot(slot));
  if (checksum(payload(slot)) == header(slot).payload_checksum) return Status::ok();
  return {StatusCode::corrupt, "payload is damaged"};
}

std::uint64_t Pool::checksum(std::span<const std::byte> payload) {
  return XXH3_64bits(payload.data(), payload.size());
}

}  // namespace memo
