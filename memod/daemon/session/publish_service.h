// PublishService: carries out the publish requests of one session.
#pragma once

#include <cstddef>
#include <span>

#include "client/protocol/ring_messages.h"
#include "memod/store/store.h"

namespace memo {

// Threads: one.
class PublishService {
 public:
  // Requires: the store and the drafts' memory outlive this.
  PublishService(Store& store, std::span<const std::byte> drafts) : store_(store), drafts_(drafts) {}

  // Reads the copy of a request, writes the reply, returns its size. Copies the payload straight from the draft
  // into the pool; a client that changes it meanwhile spoils only its own memo.
  // Errors: invalid_argument (the request is malformed, or the draft lies outside of the area). A refusal by the
  // store is answered with a code.
  Result<std::size_t> answer(std::span<const std::byte> request, std::span<std::byte> reply);

 private:
  Status check_draft() const;
  PublishAnswer publish();

  Store& store_;
  std::span<const std::byte> drafts_;
  PublishOrder order_;  // reused from request to request
};

}  // namespace memo
