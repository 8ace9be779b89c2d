#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "client/c/caller_struct.h"
#include "client/c/feature.h"
#include "client/c/handles.h"
#include "client/c/seam.h"
#include "client/request_rules.h"

namespace memo::c {
namespace {

Result<std::uint32_t> feature_dimension_of(memo_client* client, memo_space space) {
  const std::lock_guard lock(client->mutex);
  if (space < client->feature_dimensions.size()) return client->feature_dimensions[space];
  return unknown_space(SpaceId{space});
}

Status make_draft(memo_client* client, memo_space space, std::size_t bytes, memo_draft** draft) {
  MEMO_RETURN_IF_ERROR(check_not_null(draft, "draft"));
  *draft = nullptr;
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  MEMO_ASSIGN_OR_RETURN(const auto feature_dimension, feature_dimension_of(client, space));
  MEMO_ASSIGN_OR_RETURN(auto made, client->store->draft(SpaceId{space}, bytes));
  *draft = new memo_draft{std::move(made), feature_dimension};
  return Status::ok();
}

Status payload_of(const memo_draft* draft, void** payload, std::size_t* bytes) {
  MEMO_RETURN_IF_ERROR(check_not_null(draft, "draft"));
  MEMO_RETURN_IF_ERROR(check_not_null(payload, "payload"));
  MEMO_RETURN_IF_ERROR(check_not_null(bytes, "bytes"));
  *payload = draft->draft.payload.data();
  *bytes = draft->draft.payload.size();
  return Status::ok();
}

Status publish(memo_client* client, std::unique_ptr<memo_draft> draft, const memo_publication* given) {
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  MEMO_RETURN_IF_ERROR(check_not_null(draft.get(), "draft"));
  MEMO_ASSIGN_OR_RETURN(const auto read, read_struct("publication", given));
  if (read.reserved != 0) return {StatusCode::invalid_argument, "publication: reserved is not 0"};
  MEMO_ASSIGN_OR_RETURN(const auto feature, feature_of(read.feature, read.feature_dimension));
  // [feature_dimension]
  const std::vector<float> nowhere(feature.empty() ? draft->feature_dimension : 0, kNowhere);
  return client->store->publish(std::move(draft->draft),
                                {.layer = Layer{read.layer},
                                 .key = {.high = read.key.high, .low = read.key.low},
                                 .feature = feature.empty() ? std::span<const float>(nowhere) : feature,
                                 .length = read.length,
                                 .cost_us = read.cost_us,
                                 .penalty = read.penalty == 0 ? 1.0f : read.penalty});
}

Status write_counts(const memo_client* client, memo_publish_counts* out) {
  MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
  const MemoStore::PublishCounts counts = client->store->publish_counts();
  memo_publish_counts filled = {};
  filled.acknowledged = counts.acknowledged;
  filled.duplicates = counts.duplicates;
  filled.refused = counts.refused;
  filled.dropped = counts.dropped;
  write_message(counts.refusal, &filled.refusal);
  return write_struct("counts", filled, out);
}

}  // namespace
}  // namespace memo::c

using namespace memo::c;

memo_status memo_draft_make(memo_client* client, memo_space space, size_t bytes, memo_draft** draft,
                            memo_error* error) {
  return guarded(error, [&] { return make_draft(client, space, bytes, draft); });
}

memo_status memo_draft_payload(const memo_draft* draft, void** payload, size_t* bytes, memo_error* error) {
  return guarded(error, [&] { return payload_of(draft, payload, bytes); });
}

void memo_draft_discard(memo_draft* draft) {
  delete draft;
}

memo_status memo_publish(memo_client* client, memo_draft* draft, const memo_publication* publication,
                         memo_error* error) {
  std::unique_ptr<memo_draft> owned(draft);
  return guarded(error, [&] { return publish(client, std::move(owned), publication); });
}

memo_status memo_flush(memo_client* client, uint32_t timeout_ms, memo_error* error) {
  return guarded(error, [&]() -> memo::Status {
    MEMO_RETURN_IF_ERROR(check_not_null(client, "client"));
    return client->store->flush(std::chrono::milliseconds(timeout_ms));
  });
}

memo_status memo_get_publish_counts(const memo_client* client, memo_publish_counts* counts, memo_error* error) {
  return guarded(error, [&] { return write_counts(client, counts); });
}
