#include "memod/store/serving/publisher.h"

#include <fmt/format.h>

#include "client/request_rules.h"

namespace memo {
namespace {

Publication publication_of(const SlotContent& content) {
  return {.layer = content.layer,
          .key = content.key,
          .feature = content.feature,
          .length = content.length,
          .cost_us = content.cost_us,
          .penalty = content.penalty};
}

}  // namespace

Result<PublishOutcome> Publisher::publish(SpaceId space, const Publication& publication,
                                          std::span<const std::byte> payload) {
  const std::int64_t now = state_.options.unix_ns();
  Result<PublishOutcome> outcome = try_publish(space, {.layer = publication.layer,
                                                       .key = publication.key,
                                                       .feature = publication.feature,
                                                       .length = publication.length,
                                                       .cost_us = publication.cost_us,
                                                       .penalty = publication.penalty,
                                                       .created_unix_ns = now,
                                                       .payload = payload,
                                                       // A new memo starts with one hit, so it gets a chance.
                                                       .usage = pack({.hits = 1, .minute = minute_of(now)})});
  if (!outcome) state_.refused.fetch_add(1, std::memory_order_relaxed);
  return outcome;
}

Result<PublishOutcome> Publisher::import(SpaceId space, const MemoDetail& memo,
                                         std::span<const std::byte> payload) {
  return try_publish(space, {.layer = memo.record.layer,
                             .key = memo.record.key,
                             .feature = memo.feature,
                             .length = memo.record.length,
                             .cost_us = memo.cost_us,
                             .penalty = memo.penalty,
                             .created_unix_ns = memo.record.created_unix_ns,
                             .payload = payload,
                             .pinned = memo.record.pinned,
                             .usage = pack({.hits = memo.record.usage, .minute = state_.minute()})});
}

Result<PublishOutcome> Publisher::try_publish(SpaceId id, const SlotContent& content) {
  const Result<SpaceRef> space = state_.space(id);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(check_publication(publication_of(content), content.payload.size(), (*space)->spec));
  MEMO_RETURN_IF_ERROR(state_.usable());
  LayerCatalog* const known = state_.catalog.find_layer(**space, content.layer);
  if (known != nullptr && state_.catalog.contains(*known, content.key)) {
    known->duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  const Result<SlotId> slot = claim_slot(id, **space);
  if (!slot) return slot.status();
  // A layer is made only for a memo that is stored.
  LayerCatalog& layer = known != nullptr ? *known : state_.catalog.layer(**space, content.layer);
  state_.pool->write_slot(*slot, content);  // under no lock: nobody else knows the slot
  return make_findable(**space, layer, content, {id, *slot});
}

// The memo goes into the index first; erasing goes in the other order. So a label is in the index whenever its
// slot is live, unless its feature is nowhere, and never outlives the memo.
PublishOutcome Publisher::make_findable(SpaceCatalog& space, LayerCatalog& layer, const SlotContent& content,
                                        const ErasedSlot& written) {
  layer.add_to_index(written.slot, content.feature);
  const LiveSlot live{.slot = written.slot,
                      .payload_bytes = content.payload.size(),
                      .usage = unpack_usage(content.usage),
                      .pinned = content.pinned,
                      .verified = true,
                      .penalized = content.penalty != 1};
  if (!state_.catalog.insert(space, layer, content.key, live)) {
    // Another thread published the same key meanwhile.
    layer.index.remove(written.slot.value);
    reclaimer_.release(written);
    layer.duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  layer.published.fetch_add(1, std::memory_order_relaxed);
  if (growth_.note_shortage(written.space, space))
    state_.maintenance.wake();
  else
    state_.maintenance.wake_soon();  // for the index
  return PublishOutcome::published;
}

Result<SlotId> Publisher::claim_slot(SpaceId id, SpaceCatalog& space) {
  while (true) {
    if (const auto slot = state_.free_slots.claim(id)) return *slot;
    reclaimer_.reclaim();
    if (const auto slot = state_.free_slots.claim(id)) return *slot;
    if (!space.exhausted) {
      const GrowthLock growth = state_.lock_growth();
      if (state_.free_slots.count(id) > 0 || growth_.grow(growth, id, space)) continue;
    }
    // A publish does not wait for evictions: the next one finds the room.
    space.room_wanted = true;
    state_.maintenance.wake();
    return no_room(id, space);
  }
}

Status Publisher::no_room(SpaceId id, const SpaceCatalog& space) const {
  if (state_.table_damage.is_known())
    return {StatusCode::full,
            fmt::format("the pool {} is damaged and can give no memo more room", state_.options.path)};
  if (space.quota_bytes != 0)
    return {StatusCode::full, fmt::format("space {} has no room within its quota of {} bytes",
                                          static_cast<std::uint32_t>(id), space.quota_bytes.load())};
  return {StatusCode::full, fmt::format("the pool {} is full", state_.options.path)};
}

}  // namespace memo
