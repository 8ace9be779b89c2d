// Messages in ring cells, as plain structs: requests and replies of lookups and publishes. ring.capnp defines
// their form.
//
// Decoding checks everything that can be checked without a store: sizes, counts, ranges of enums, finite floats.
// Units: sizes and offsets in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/protocol/segment.h"
#include "memo/memo_store.h"
#include "memo/status.h"
#include "memo/types.h"

namespace memo {

struct LookupQuery {
  struct Item {
    Key key;
    std::uint32_t min_length = 0;
    bool has_feature = false;
  };
  // Where the next `items` items are looked up.
  struct Group {
    SpaceId space{};
    Layer layer{};
    float max_distance = 0;
    std::uint32_t items = 0;       // 1 or more
    std::uint32_t neighbours = 0;  // 1 .. kMaxNeighbours
    std::size_t answers() const { return std::size_t{items} * neighbours; }
  };
  std::vector<Group> groups;
  std::vector<Item> items;            // of all groups together: 1 .. segment::kMaxItemsPerLookup
  std::vector<float> features;        // of the items that have one, in their order, concatenated
  std::vector<std::uint32_t> leases;  // one per answer: 1 .. segment::kMaxAnswersPerLookup
};

struct LookupAnswer {
  enum class Kind { miss, exact, similar };
  Kind kind = Kind::miss;
  std::uint32_t length = 0;
  float distance = 0;
  Generation generation{};
  std::uint64_t state_word_offset = 0;  // in the pool file
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_bytes = 0;
  Key key;
};

// The longest reason in a reply; a longer one is cut.
inline constexpr std::size_t kMaxReasonBytes = 160;
inline std::string cut_reason(const std::string& reason) {
  return reason.substr(0, kMaxReasonBytes);
}

struct LookupAnswers {
  StatusCode code = StatusCode::ok;
  std::string reason = {};            // for people, when code is not ok; may be empty
  std::vector<LookupAnswer> answers;  // when code is ok: `neighbours` an item
};

struct PublishOrder {
  SpaceId space{};
  Layer layer{};
  Key key;
  std::uint32_t length = 0;
  float cost_us = 0;
  float penalty = 1;
  std::uint64_t draft_offset = 0;  // in the segment's draft area
  std::uint64_t payload_bytes = 0;
  std::vector<float> feature;
};

struct PublishAnswer {
  StatusCode code = StatusCode::ok;
  bool duplicate = false;
  std::string reason = {};  // for people, when code is not ok; may be empty
};

// Encoders write into `out` and return the size, a multiple of 8.
// Requires: out is 8-byte aligned. Errors: invalid_argument (does not fit).

// Answer i, counted through all requests, is offered lease leases[i].
// Requires: every request has items, kMaxItemsPerLookup at most together; leases.size() == count_matches(requests)
// <= segment::kMaxAnswersPerLookup; features of at most kMaxFeatureDimension floats: then a request cell is large
// enough.
Result<std::size_t> encode_lookup(std::span<const LookupRequest> requests, std::span<const std::uint32_t> leases,
                                  std::span<std::byte> out);
Result<std::size_t> encode_answers(const LookupAnswers& answers, std::span<std::byte> out);
Result<std::size_t> encode_publish(const PublishOrder& order, std::span<std::byte> out);
Result<std::size_t> encode_publish_answer(const PublishAnswer& answer, std::span<std::byte> out);

// Decoders overwrite *out and reuse its memory.
// Requires: bytes are 8-byte aligned and not shared with the sender any more.
// Errors: invalid_argument, saying what is malformed; *out is then unspecified.
Status decode_lookup(std::span<const std::byte> bytes, LookupQuery* out);
Status decode_answers(std::span<const std::byte> bytes, LookupAnswers* out);
Status decode_publish(std::span<const std::byte> bytes, PublishOrder* out);
Status decode_publish_answer(std::span<const std::byte> bytes, PublishAnswer* out);

}  // namespace memo
