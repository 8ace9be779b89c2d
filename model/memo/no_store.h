// NoStore: a store that has nothing and takes nothing, for plans that need none because everything is computed or
// fixed.
#pragma once

#include "memo/memo_store.h"

namespace memo {

// Threads: any.
class NoStore final : public MemoStore {
 public:
  Result<SpaceId> open_space(const SpaceSpec&) override { return nothing(); }
  Status lookup_all(std::span<const LookupRequest>, std::span<std::optional<Match>>) override { return nothing(); }
  Result<Draft> draft(SpaceId, std::size_t) override { return nothing(); }
  Status publish(Draft, const Publication&) override { return nothing(); }
  Status flush(std::chrono::milliseconds) override { return Status::ok(); }
  PublishCounts publish_counts() const override { return {}; }
  Status availability() const override { return {StatusCode::unavailable, "there is no store"}; }

 private:
  static Status nothing() { return {StatusCode::unavailable, "there is no store"}; }
};

}  // namespace memo
