// FaultyStore: a real store that misbehaves on command, as a daemon might.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "memo/memo_store.h"

namespace memo::test {

class FaultyStore : public MemoStore {
 public:
  explicit FaultyStore(std::unique_ptr<MemoStore> store) : store_(std::move(store)) {}

  bool gone = false;        // every call fails with `unavailable`
  bool revoking = false;    // every view turns out to have been overwritten
  bool truncating = false;  // every payload is one byte short
  std::size_t spared = 0;   // so many first matches of every lookup are left as they are
  bool full = false;        // there are no drafts
  bool deaf = false;        // lookups of several layers at once fail
  bool stalled = false;     // lookups wait as long as they may, and are not answered
  // Engines of several threads may share a store.
  std::atomic<std::size_t> calls = 0;                                            // of lookup
  std::atomic<float> penalty = 0;                                                // of the last publish
  std::atomic<std::size_t> nowhere = 0;                                          // publishes for keys only
  std::atomic<std::size_t> drafts = 0;                                           // asked for
  std::atomic<std::chrono::microseconds> within = std::chrono::microseconds(0);  // what the last lookup might wait

  Result<SpaceId> open_space(const SpaceSpec& spec) override { return store_->open_space(spec); }

  Status lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) override {
    ++calls;
    within = requests.front().within;
    if (stalled) return stall();
    if (gone || (deaf && requests.size() > 1)) return unavailable();
    MEMO_RETURN_IF_ERROR(store_->lookup_all(requests, matches));
    for (std::size_t i = spared; i < matches.size(); ++i)
      if (matches[i]) spoil(*matches[i]);
    return Status::ok();
  }
  Result<Draft> draft(SpaceId space, std::size_t bytes) override {
    ++drafts;
    if (gone) return unavailable();
    if (full) return Status(StatusCode::busy, "no draft");
    return store_->draft(space, bytes);
  }
  Status publish(Draft draft, const Publication& publication) override {
    penalty = publication.penalty;
    nowhere += is_nowhere(publication.feature) ? 1 : 0;
    return gone ? unavailable() : store_->publish(std::move(draft), publication);
  }
  Status flush(std::chrono::milliseconds timeout) override { return store_->flush(timeout); }
  PublishCounts publish_counts() const override { return store_->publish_counts(); }
  Status availability() const override {
    return gone ? Status(StatusCode::unavailable, "gone") : store_->availability();
  }

 private:
  static Status unavailable() { return {StatusCode::unavailable, "gone"}; }

  Status stall() const {
    std::this_thread::sleep_for(std::min(within.load(), kOwnTimeout));
    return {StatusCode::deadline_exceeded, "stalled"};
  }

  void spoil(Match& match) {
    View::Parts parts;
    parts.payload = match.view.payload();
    if (truncating) parts.payload = parts.payload.first(parts.payload.size() - 1);
    if (revoking) parts.payload = {garbage_.get(), parts.payload.size()};
    if (truncating || revoking) match.view = View(parts);  // without a state word: never intact
  }

  static constexpr std::chrono::microseconds kOwnTimeout{20'000};
  static constexpr std::size_t kGarbageBytes = 1 << 20;
  std::unique_ptr<MemoStore> store_;
  const std::shared_ptr<std::byte> garbage_{
      new (std::align_val_t{64}) std::byte[kGarbageBytes]{},
      [](std::byte* bytes) { operator delete[](bytes, std::align_val_t{64}); }};
};

}  // namespace memo::test
