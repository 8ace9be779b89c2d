// The rules of requests and publications. Every store refuses what can never be meant, with the same words. A
// client's store applies the rules before it asks a daemon; the daemon applies them again to everything it
// receives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "memo/memo_store.h"
#include "memo/status.h"
#include "memo/types.h"

namespace memo {

// Errors, of all functions here: invalid_argument, saying what is wrong, with its value and the limit.

// The error for an id that no space of the store has.
Status unknown_space(SpaceId id);

// A layer below kMaxLayers; a max_distance of 0 or more, and infinity is one; 1 to kMaxNeighbours neighbours;
// features that are empty, or finite and as long as the space says.
Status check_lookup(const LookupRequest& request, const SpaceSpec& spec);
// A layer below kMaxLayers; a length of 1 to the space's bucket; a payload that check_draft() takes; a finite
// feature as long as the space says; a finite cost; a penalty of kMinPenalty to kMaxPenalty.
Status check_publication(const Publication& publication, std::size_t payload_bytes, const SpaceSpec& spec);
// 1 byte to the space's payload_bytes.
Status check_draft(std::size_t bytes, const SpaceSpec& spec);

// Single rules, for callers that do not know the space yet. `what` begins the message, as in "lookup".
Status check_layer(std::string_view what, Layer layer);
Status check_neighbours(std::string_view what, std::uint32_t neighbours);
Status check_cost(std::string_view what, float cost_us);
Status check_penalty(std::string_view what, float penalty);

}  // namespace memo
