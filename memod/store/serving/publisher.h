// Publisher: stores memos and makes them findable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "client/store_admin.h"
#include "memo/memo_store.h"
#include "memod/store/pool/format/slot_content.h"
#include "memod/store/serving/growth.h"
#include "memod/store/state/answers.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"

namespace memo {

// Threads: any. Lifetime: state, reclaimer and growth outlive this.
// Durability: when a call returns `published`, the memo survives a crash of this process at any instant.
class Publisher {
 public:
  Publisher(StoreState& state, Reclaimer& reclaimer, Growth& growth)
      : state_(state), reclaimer_(reclaimer), growth_(growth) {}

  // As Store::publish(); refusals are counted. Errors: full, invalid_argument, unavailable.
  Result<PublishOutcome> publish(SpaceId space, const Publication& publication,
                                 std::span<const std::byte> payload);
  // As Store::import(). Errors: as publish().
  Result<PublishOutcome> import(SpaceId space, const MemoDetail& memo, std::span<const std::byte> payload);

 private:
  // What a memo brings along beside its publication.
  struct History {
    std::int64_t created_unix_ns = 0;
    std::uint64_t usage = 0;
    bool pinned = false;
  };
  Result<PublishOutcome> try_publish(SpaceId space, const Publication& publication,
                                     std::span<const std::byte> payload, const History& history);
  PublishOutcome make_findable(SpaceCatalog& space, LayerCatalog& layer, const SlotContent& content,
                               const ErasedSlot& written);
  // A free slot of the space. The space grows if it has none. Errors: full, until eviction has made room.
  Result<SlotId> claim_slot(SpaceId id, SpaceCatalog& space);
  Status no_room(SpaceId id, const SpaceCatalog& space) const;

  StoreState& state_;
  Reclaimer& reclaimer_;
  Growth& growth_;
};

}  // namespace memo
