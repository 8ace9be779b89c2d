#include "memod/store/serving/publisher.h"

#include <fmt/format.h>

#include "client/request_rules.h"

namespace memo {

Result<PublishOutcome> Publisher::publish(SpaceId space, const Publication& publication,
                                          std::span<const std::byte> payload) {
  const std::int64_t now = state_.options.unix_ns();
  // A new memo starts with one hit, so it gets a chance.
  const History history{.created_unix_ns = now, .usage = pack({.hits = 1, .minute = minute_of(now)})};
  Result<PublishOutcome> outcome = try_publish(space, publication, payload, history);
  if (!outcome) state_.refused.fetch_add(1, std::memory_order_relaxed);
  return outcome;
}

Result<PublishOutcome> Publisher::import(SpaceId space, const MemoDetail& memo,
                                         std::span<const std::byte> payload) {
  const Publication publication{.layer = memo.record.layer,
                                .key = memo.record.key,
                                .feature = memo.feature,
                                .length = memo.record.length,
                                .cost_us = memo.cost_us,
                                .penalty = memo.penalty};
  return try_publish(space, publication, payload,
                     {.created_unix_ns = memo.record.created_unix_ns,
                      .usage = pack({.hits = memo.record.usage, .minute = state_.minute()}),
                      .pinned = memo.record.pinned});
}

Result<PublishOutcome> Publisher::try_publish(SpaceId id, const Publication& publication,
                                              std::span<const std::byte> payload, const History& history) {
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(id));
  MEMO_RETURN_IF_ERROR(check_publication(publication, payload.size(), space->spec));
  MEMO_RETURN_IF_ERROR(state_.usable());
  LayerCatalog* const known = state_.catalog.find_layer(*space, publication.layer);
  if (known != nullptr && state_.catalog.contains(*known, publication.key)) {
    known->duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  MEMO_ASSIGN_OR_RETURN(const SlotId slot, claim_slot(id, *space));
  // A layer is made only for a memo that is stored.
  LayerCatalog& layer = known != nullptr ? *known : state_.catalog.layer(*space, publication.layer);
  const SlotContent content{.layer = publication.layer,
                            .key = publication.key,
                            .feature = publication.feature,
                            .length = publication.length,
                            .cost_us = publication.cost_us,
                            .penalty = publication.penalty,
                            .created_unix_ns = history.created_unix_ns,
                            .payload = payload,
                            .pinned = history.pinned,
                            .usage = history.usage};
  state_.pool->write_slot(slot, content);  // under no lock: nobody else knows the slot
  return make_findable(*space, layer, content, {id, slot});
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
