#include <cmath>

#include "client/protocol/ring.capnp.h"
#include "client/protocol/ring_messages.h"
#include "client/protocol/wire_codec.h"

namespace memo {
namespace {

constexpr std::string_view kRequest = "lookup request";
constexpr std::string_view kReply = "lookup reply";

// Message root, request struct, and per item its struct, its feature and the word that rounds the list up.
constexpr std::size_t kLargestRequestBytes =
    64 + 64 + segment::kMaxItemsPerLookup * (40 + kMaxFeatureDimension * sizeof(float));
static_assert(kLargestRequestBytes <= segment::kLookupRequestBytes);
constexpr std::size_t kLargestReplyBytes = 64 + segment::kMaxItemsPerLookup * 72;
static_assert(kLargestReplyBytes <= segment::kLookupReplyBytes);

void write_items(const LookupRequest& request, std::span<const std::uint32_t> leases,
                 capnp::List<wire::LookupItem>::Builder items) {
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    const LookupItem& item = request.items[i];
    items[i].setKeyHigh(item.key.high);
    items[i].setKeyLow(item.key.low);
    items[i].setMinLength(item.min_length);
    items[i].setLease(leases[i]);
    items[i].setHasFeature(!item.feature.empty());
  }
}

void write_features(const LookupRequest& request, wire::LookupRequest::Builder root) {
  std::size_t count = 0;
  for (const LookupItem& item : request.items) count += item.feature.size();
  auto features = root.initFeatures(static_cast<unsigned>(count));
  unsigned next = 0;
  for (const LookupItem& item : request.items)
    for (const float value : item.feature) features.set(next++, value);
}

LookupQuery::Item read_item(wire::LookupItem::Reader item) {
  return {.key = {.high = item.getKeyHigh(), .low = item.getKeyLow()},
          .min_length = item.getMinLength(),
          .lease = item.getLease(),
          .has_feature = item.getHasFeature()};
}

Status read_query(wire::LookupRequest::Reader root, LookupQuery* out) {
  const auto items = root.getItems();
  const auto features = root.getFeatures();
  if (items.size() < 1 || items.size() > segment::kMaxItemsPerLookup)
    return malformed(kRequest, "number of items");
  if (features.size() > items.size() * kMaxFeatureDimension) return malformed(kRequest, "number of features");
  if (root.getLayer() >= kMaxLayers) return malformed(kRequest, "layer out of range");
  out->space = SpaceId{root.getSpace()};
  out->layer = Layer{root.getLayer()};
  out->max_distance = root.getMaxDistance();
  out->items.clear();
  for (const auto item : items) out->items.push_back(read_item(item));
  if (!std::isfinite(out->max_distance)) return malformed(kRequest, "distance is not finite");
  return read_floats(kRequest, features, &out->features);
}

wire::LookupAnswer::Kind to_wire(LookupAnswer::Kind kind) {
  return static_cast<wire::LookupAnswer::Kind>(kind);
}

void write_answer(const LookupAnswer& answer, wire::LookupAnswer::Builder out) {
  out.setKind(to_wire(answer.kind));
  out.setLength(answer.length);
  out.setDistance(answer.distance);
  out.setGeneration(static_cast<std::uint64_t>(answer.generation));
  out.setStateWordOffset(answer.state_word_offset);
  out.setPayloadOffset(answer.payload_offset);
  out.setPayloadBytes(answer.payload_bytes);
  out.setKeyHigh(answer.key.high);
  out.setKeyLow(answer.key.low);
}

LookupAnswer read_answer(wire::LookupAnswer::Reader answer) {
  return {.kind = static_cast<LookupAnswer::Kind>(answer.getKind()),
          .length = answer.getLength(),
          .distance = answer.getDistance(),
          .generation = Generation{answer.getGeneration()},
          .state_word_offset = answer.getStateWordOffset(),
          .payload_offset = answer.getPayloadOffset(),
          .payload_bytes = answer.getPayloadBytes(),
          .key = {.high = answer.getKeyHigh(), .low = answer.getKeyLow()}};
}

Status read_answers(wire::LookupReply::Reader root, LookupAnswers* out) {
  const auto code = decode_code(kReply, root.getCode());
  if (!code) return code.status();
  const auto answers = root.getAnswers();
  if (answers.size() > segment::kMaxItemsPerLookup) return malformed(kReply, "number of answers");
  out->code = *code;
  out->answers.clear();
  for (const auto answer : answers) {
    if (answer.getKind() > wire::LookupAnswer::Kind::SIMILAR) return malformed(kReply, "kind of an answer");
    if (!std::isfinite(answer.getDistance())) return malformed(kReply, "distance is not finite");
    out->answers.push_back(read_answer(answer));
  }
  return Status::ok();
}

}  // namespace

Result<std::size_t> encode_lookup(const LookupRequest& request, std::span<const std::uint32_t> leases,
                                  std::span<std::byte> out) {
  return encode_cell<wire::LookupRequest>(kRequest, out, [&](wire::LookupRequest::Builder root) {
    root.setSpace(static_cast<std::uint32_t>(request.space));
    root.setLayer(static_cast<std::uint32_t>(request.layer));
    root.setMaxDistance(request.max_distance);
    write_items(request, leases, root.initItems(static_cast<unsigned>(request.items.size())));
    write_features(request, root);
  });
}

Status decode_lookup(std::span<const std::byte> bytes, LookupQuery* out) {
  return decode_cell<wire::LookupRequest>(kRequest, bytes, [&](auto root) { return read_query(root, out); });
}

Result<std::size_t> encode_answers(const LookupAnswers& answers, std::span<std::byte> out) {
  return encode_cell<wire::LookupReply>(kReply, out, [&](wire::LookupReply::Builder root) {
    root.setCode(static_cast<std::uint32_t>(answers.code));
    auto list = root.initAnswers(static_cast<unsigned>(answers.answers.size()));
    for (std::uint32_t i = 0; i < list.size(); ++i) write_answer(answers.answers[i], list[i]);
  });
}

Status decode_answers(std::span<const std::byte> bytes, LookupAnswers* out) {
  return decode_cell<wire::LookupReply>(kReply, bytes, [&](auto root) { return read_answers(root, out); });
}

}  // namespace memo
