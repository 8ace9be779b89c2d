#include "memo/memo_store.h"

#include <fmt/format.h>

namespace memo {

Status check_neighbours(const LookupRequest& request) {
  if (request.neighbours >= 1 && request.neighbours <= kMaxNeighbours) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("lookup: neighbours is {}, must be 1 to {}", request.neighbours, kMaxNeighbours)};
}

Status check_room(std::span<const LookupRequest> requests, std::size_t matches) {
  for (const LookupRequest& request : requests) MEMO_RETURN_IF_ERROR(check_neighbours(request));
  const std::size_t wanted = count_matches(requests);
  if (wanted == matches) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("lookup: {} matches are asked for, but there is room for {}", wanted, matches)};
}

}  // namespace memo
