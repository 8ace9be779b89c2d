// PublishService: carries out the publish requests of one session.
#pragma once

#include <cstddef>
#include <span>

#include "client/protocol/ring_messages.h"
#include "memod/store.h"

namespace memo {

// Threads: one.
class PublishService {
 public:
  // Requires: the store and the drafts' memory outlive this.
  PublishService(Store& store, std::span<const std::byte> drafts) : store_(store), drafts_(drafts) {}

  // Reads the copy of a request, writes the reply, returns its size. The payload is copied straight from the draft
  // into the pool; a client that changes it meanwhile spoils its own memo only.
  // Errors: invalid_argument: malformed, or a draft that does not lie in the area. What the store refuses is answered
  // with a code.
  Result<std::size_t> answer(std::span<const std::byte> request, std::span<std::byte> reply);

 private:
  Status check_draft() const;
  PublishAnswer publish();

  Store& store_;
  std::span<const std::byte> drafts_;
  PublishOrder order_;  // reused from request to request
};

}  // namespace memo
