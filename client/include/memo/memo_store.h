// MemoStore: what an inference process sees of a store, which a daemon serves or which this process opens itself.
//
//   LocalStore    (memod/store/local_store.h)    endpoint file:PATH   opens the pool itself
//   AttachedStore (client/attached/attached_store.h) endpoint unix:PATH  talks to memod through shared memory
//
// Both pass the same contract tests (tests/memod/store/store_contract_test.cpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "memo/status.h"
#include "memo/types.h"
#include "memo/view.h"

namespace memo {

inline constexpr std::uint32_t kMaxNeighbours = 16;  // per item

struct LookupItem {
  Key key;
  // Empty: the item asks for exact hits only. Else feature_dimension floats, used when the key is not found.
  std::span<const float> feature = {};
  // Shortest acceptable memo, in tokens: a longer map can be cropped, a shorter one cannot be stretched.
  std::uint32_t min_length = 0;
};

struct LookupRequest {
  SpaceId space{};
  Layer layer{};
  float max_distance = 0;  // L2 between features, 0 or more; infinity: no limit
  std::span<const LookupItem> items;
  std::uint32_t neighbours = 1;  // max. matches per item, 1 .. kMaxNeighbours
  // How long the answer may take, where this is shorter than the store's own timeout.
  static constexpr auto kStoresOwn = std::chrono::microseconds::max();
  std::chrono::microseconds within = kStoresOwn;
};

// How many matches all requests ask for together.
inline std::size_t count_matches(std::span<const LookupRequest> requests) {
  std::size_t count = 0;
  for (const LookupRequest& request : requests) count += request.items.size() * request.neighbours;
  return count;
}
// Errors: invalid_argument (not 1 .. kMaxNeighbours).
Status check_neighbours(const LookupRequest& request);
// Checks this of each request, and that together they ask for `matches` matches. Errors: invalid_argument.
Status check_room(std::span<const LookupRequest> requests, std::size_t matches);

struct Match {
  View view;
  bool exact = false;
  float distance = 0;        // L2; 0 when exact
  std::uint32_t length = 0;  // tokens of the stored sequence
  Key key;                   // the memo's own key
};

// Writable memory for one payload. Dropping it unpublished gives the memory back.
// Threads: one draft, one thread at a time.
struct Draft {
  SpaceId space{};
  std::span<std::byte> payload;  // 64-byte aligned
  std::shared_ptr<void> memory;  // owns payload
};

struct Publication {
  Layer layer{};
  Key key;
  // feature_dimension floats: L2 makes the memo findable by similarity; or is_nowhere().
  std::span<const float> feature = {};
  std::uint32_t length = 0;  // tokens of the sequence, 1 .. length_bucket
  float cost_us = 0;         // measured time that a hit saves, microseconds
  float penalty = 1;         // kMinPenalty .. kMaxPenalty
};

// Threads: every method may be called from any thread at any time.
// Timeouts: lookup() and draft() return within the store's timeout whatever the daemon does.
class MemoStore {
 public:
  virtual ~MemoStore() = default;

  // Finds or creates the space. An id stays valid across restarts of a daemon; while no daemon is reachable the
  // space is remembered, and opened as soon as one is.
  // Errors: invalid_argument, full.
  virtual Result<SpaceId> open_space(const SpaceSpec& spec) = 0;

  // Answers each item of each request. A memo under its exact key is its only match. Else its matches are up to
  // `neighbours` memos that are long enough and whose features are within max_distance: the nearest ones, nearest
  // first. Where memos have penalties, the nearest 64 are ordered by distance times penalty. As long as there are
  // few items, a request for many layers and spaces costs one round trip to the daemon.
  // Shapes: matches [count_matches(requests)]: in the order of the items, `neighbours` per item; the last ones of
  //         an item are empty where fewer were found.
  // Errors: unavailable, deadline_exceeded, busy, invalid_argument; then every match is empty.
  virtual Status lookup_all(std::span<const LookupRequest> requests, std::span<std::optional<Match>> matches) = 0;

  // lookup_all() for one request.
  Status lookup(const LookupRequest& request, std::span<std::optional<Match>> matches) {
    return lookup_all({&request, 1}, matches);
  }

  // Memory for a payload of `bytes` bytes.
  // Errors: busy (all drafts are waiting to be copied), unavailable, invalid_argument (larger than the space's
  // payload_bytes).
  virtual Result<Draft> draft(SpaceId space, std::size_t bytes) = 0;

  // Hands the draft over. Asynchronous: a later `full` or `duplicate` is counted, not reported.
  // Durability: the memo survives any process crash once flush() has returned ok after this call.
  // Errors: busy, unavailable, invalid_argument; the draft is gone in any case.
  virtual Status publish(Draft draft, const Publication& publication) = 0;

  // Waits until everything published by this store object before the call has been acknowledged or refused.
  // Errors: deadline_exceeded, unavailable (the daemon went away with publishes unanswered: reported once).
  virtual Status flush(std::chrono::milliseconds timeout) = 0;

  // Counts what became of this object's own publishes.
  struct PublishCounts {
    std::uint64_t acknowledged = 0;  // stored
    std::uint64_t duplicates = 0;    // the key was already there
    std::uint64_t refused = 0;       // pool full, or invalid_argument
    std::uint64_t dropped = 0;       // no draft for it, never sent, or unanswered when the daemon went away
    std::string refusal = {};        // why the last one was refused
  };
  virtual PublishCounts publish_counts() const = 0;

  // Whether lookups can be answered just now. Errors: unavailable; the message says why: no daemon is there,
  // permission is denied, the daemon refused, or the pool is gone. Lookups then fail at once.
  virtual Status availability() const = 0;
  bool available() const { return availability().is_ok(); }
};

}  // namespace memo
