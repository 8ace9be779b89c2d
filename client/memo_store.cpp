#include "memo/memo_store.h"

#include <fmt/format.h>

#include "client/request_rules.h"

namespace memo {

Status check_neighbours(const LookupRequest& request) {
  return check_neighbours("lookup", request.neighbours);
}

Status check_room(std::span<const LookupRequest> requests, std::size_t matches) {
  for (const LookupRequest& request : requests) MEMO_RETURN_IF_ERROR(check_neighbours(request));
  const std::size_t wanted = count_matches(requests);
  if (wanted == matches) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("lookup: {} matches are asked for, but there is room for {}", wanted, matches)};
}

}  // namespace memo
