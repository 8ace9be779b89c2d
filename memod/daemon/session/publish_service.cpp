#include "memod/daemon/session/publish_service.h"

#include <fmt/format.h>

namespace memo {

Result<std::size_t> PublishService::answer(std::span<const std::byte> request, std::span<std::byte> reply) {
  MEMO_RETURN_IF_ERROR(decode_publish(request, &order_));
  MEMO_RETURN_IF_ERROR(check_draft());
  return encode_publish_answer(publish(), reply);
}

Status PublishService::check_draft() const {
  if (order_.draft_offset <= drafts_.size() && order_.payload_bytes <= drafts_.size() - order_.draft_offset)
    return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("publish request: draft of {} bytes at {}, the area has {}",
                                                    order_.payload_bytes, order_.draft_offset, drafts_.size())};
}

PublishAnswer PublishService::publish() {
  const Publication publication{.layer = order_.layer,
                                .key = order_.key,
                                .feature = order_.feature,
                                .length = order_.length,
                                .cost_us = order_.cost_us,
                                .penalty = order_.penalty};
  const auto outcome =
      store_.publish(order_.space, publication, drafts_.subspan(order_.draft_offset, order_.payload_bytes));
  if (!outcome) return {.code = outcome.status().code(), .duplicate = false, .reason = outcome.status().message()};
  return {.code = StatusCode::ok, .duplicate = *outcome == PublishOutcome::duplicate};
}

}  // namespace memo
