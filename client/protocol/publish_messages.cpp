#include "client/protocol/ring.capnp.h"
#include "client/protocol/ring_messages.h"
#include "client/protocol/wire_codec.h"
#include "client/request_rules.h"

namespace memo {
namespace {

constexpr std::string_view kPublishRequest = "publish request";
constexpr std::string_view kPublishReply = "publish reply";
constexpr std::string_view kMalformedPublish = "malformed publish request";
constexpr std::size_t kPublishMessageBytes = 128;
constexpr std::size_t kReplyBytes = 64;
static_assert(kReplyBytes + kMaxReasonBytes <= segment::kPublishReplyBytes);
static_assert(kPublishMessageBytes + kMaxFeatureDimension * sizeof(float) <= segment::kPublishRequestBytes);

void write_order(const PublishOrder& order, wire::PublishRequest::Builder root) {
  root.setSpace(static_cast<std::uint32_t>(order.space));
  root.setLayer(static_cast<std::uint32_t>(order.layer));
  root.setKeyHigh(order.key.high);
  root.setKeyLow(order.key.low);
  root.setLength(order.length);
  root.setCostUs(order.cost_us);
  root.setPenalty(order.penalty);
  root.setDraftOffset(order.draft_offset);
  root.setPayloadBytes(order.payload_bytes);
  auto feature = root.initFeature(static_cast<unsigned>(order.feature.size()));
  for (unsigned i = 0; i < feature.size(); ++i) feature.set(i, order.feature[i]);
}

Status read_order(wire::PublishRequest::Reader root, PublishOrder* out) {
  const auto feature = root.getFeature();
  if (feature.size() > kMaxFeatureDimension) return malformed(kPublishRequest, "number of features");
  MEMO_RETURN_IF_ERROR(check_layer(kMalformedPublish, Layer{root.getLayer()}));
  MEMO_RETURN_IF_ERROR(check_cost(kMalformedPublish, root.getCostUs()));
  MEMO_RETURN_IF_ERROR(check_penalty(kMalformedPublish, root.getPenalty()));
  out->space = SpaceId{root.getSpace()};
  out->layer = Layer{root.getLayer()};
  out->key = {.high = root.getKeyHigh(), .low = root.getKeyLow()};
  out->length = root.getLength();
  out->cost_us = root.getCostUs();
  out->penalty = root.getPenalty();
  out->draft_offset = root.getDraftOffset();
  out->payload_bytes = root.getPayloadBytes();
  return read_floats(kPublishRequest, feature, &out->feature);
}

}  // namespace

Result<std::size_t> encode_publish(const PublishOrder& order, std::span<std::byte> out) {
  return encode_cell<wire::PublishRequest>(kPublishRequest,
                                           kPublishMessageBytes + order.feature.size() * sizeof(float), out,
                                           [&](auto root) { write_order(order, root); });
}

Status decode_publish(std::span<const std::byte> bytes, PublishOrder* out) {
  return decode_cell<wire::PublishRequest>(kPublishRequest, bytes,
                                           [&](auto root) { return read_order(root, out); });
}

Result<std::size_t> encode_publish_answer(const PublishAnswer& answer, std::span<std::byte> out) {
  return encode_cell<wire::PublishReply>(kPublishReply, segment::kPublishReplyBytes, out,
                                         [&](wire::PublishReply::Builder root) {
                                           root.setCode(static_cast<std::uint32_t>(answer.code));
                                           root.setDuplicate(answer.duplicate);
                                           if (!answer.reason.empty()) root.setReason(cut_reason(answer.reason));
                                         });
}

Status decode_publish_answer(std::span<const std::byte> bytes, PublishAnswer* out) {
  return decode_cell<wire::PublishReply>(kPublishReply, bytes, [&](wire::PublishReply::Reader root) {
    MEMO_ASSIGN_OR_RETURN(const auto code, decode_code(kPublishReply, root.getCode()));
    *out = {.code = code, .duplicate = root.getDuplicate(), .reason = root.getReason().cStr()};
    return Status::ok();
  });
}

}  // namespace memo
