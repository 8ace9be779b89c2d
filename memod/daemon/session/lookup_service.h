// LookupService: answers the lookup requests of one session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "client/protocol/ring_messages.h"
#include "memod/store/leases/lease_table.h"
#include "memod/store/store.h"

namespace memo {

// Threads: one. Its buffers are reused from request to request.
class LookupService {
 public:
  // Requires: both outlive this; the table is registered with the store.
  LookupService(Store& store, LeaseTable& leases)
      : store_(store), leases_(leases), offered_(leases.size(), false) {}

  // Reads the copy of a request, writes the reply, returns its size.
  // Errors: invalid_argument (our client library cannot have made this request). A mistake that a correct client
  // can make, such as an unknown space, is answered with a code.
  Result<std::size_t> answer(std::span<const std::byte> request, std::span<std::byte> reply);

 private:
  Status check_leases();
  Status find();
  // Answers the group whose items begin at `item` and whose answers begin at `answer`; takes its features off the
  // front of `features`.
  Status find_group(const LookupQuery::Group& group, std::size_t item, std::size_t answer,
                    std::span<const float>& features);
  Status make_items(std::span<const LookupQuery::Item> items, const SpaceSpec& spec,
                    std::span<const float>& features);
  void make_answers();

  Store& store_;
  LeaseTable& leases_;
  std::vector<bool> offered_;  // by lease; all false between requests

  LookupQuery query_;
  std::vector<LookupItem> items_;            // of the current group; features point into query_
  std::vector<std::optional<Found>> found_;  // by answer
  LookupAnswers answers_;
};

}  // namespace memo
