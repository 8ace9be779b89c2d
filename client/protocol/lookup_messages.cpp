#include <cmath>

#include "client/protocol/ring.capnp.h"
#include "client/protocol/ring_messages.h"
#include "client/protocol/wire_codec.h"
#include "client/request_rules.h"

namespace memo {
namespace {

constexpr std::string_view kLookupRequest = "lookup request";
constexpr std::string_view kLookupReply = "lookup reply";
constexpr std::string_view kMalformedLookup = "malformed lookup request";

// Message root, struct with its pointers, the lists' tags and the words that round them up; then per item its
// group, the item itself and its feature, and per answer its lease.
constexpr std::size_t kLookupMessageBytes = 128;
constexpr std::size_t kGroupBytes = 16;
constexpr std::size_t kItemBytes = 24;
constexpr std::size_t kLeaseBytes = 4;
constexpr std::size_t kAnswerBytes = 72;
static_assert(kLookupMessageBytes +
                  segment::kMaxItemsPerLookup * (kGroupBytes + kItemBytes + kMaxFeatureDimension * sizeof(float)) +
                  segment::kMaxAnswersPerLookup * kLeaseBytes <=
              segment::kLookupRequestBytes);
static_assert(kLookupMessageBytes + segment::kMaxAnswersPerLookup * kAnswerBytes <= segment::kLookupReplyBytes);
static_assert(kMaxNeighbours <= segment::kMaxAnswersPerLookup);

std::size_t count_items(std::span<const LookupRequest> requests) {
  std::size_t count = 0;
  for (const LookupRequest& request : requests) count += request.items.size();
  return count;
}

std::size_t count_floats(std::span<const LookupRequest> requests) {
  std::size_t count = 0;
  for (const LookupRequest& request : requests)
    for (const LookupItem& item : request.items) count += item.feature.size();
  return count;
}

void write_group(const LookupRequest& request, wire::LookupGroup::Builder group) {
  group.setSpace(static_cast<std::uint32_t>(request.space));
  group.setLayer(static_cast<std::uint32_t>(request.layer));
  group.setMaxDistance(request.max_distance);
  group.setItems(static_cast<std::uint16_t>(request.items.size()));
  group.setNeighbours(static_cast<std::uint16_t>(request.neighbours));
}

void write_item(const LookupItem& item, wire::LookupItem::Builder out) {
  out.setKeyHigh(item.key.high);
  out.setKeyLow(item.key.low);
  out.setMinLength(item.min_length);
  out.setHasFeature(!item.feature.empty());
}

void write_request(std::span<const LookupRequest> requests, std::span<const std::uint32_t> leases,
                   wire::LookupRequest::Builder root) {
  auto groups = root.initGroups(static_cast<unsigned>(requests.size()));
  auto items = root.initItems(static_cast<unsigned>(count_items(requests)));
  auto features = root.initFeatures(static_cast<unsigned>(count_floats(requests)));
  unsigned item_count = 0;
  unsigned feature_count = 0;
  for (unsigned group = 0; group < requests.size(); ++group) {
    write_group(requests[group], groups[group]);
    for (const LookupItem& item : requests[group].items) {
      write_item(item, items[item_count++]);
      for (const float value : item.feature) features.set(feature_count++, value);
    }
  }
  auto offered = root.initLeases(static_cast<unsigned>(leases.size()));
  for (unsigned i = 0; i < leases.size(); ++i) offered.set(i, leases[i]);
}

LookupQuery::Item read_item(wire::LookupItem::Reader item) {
  return {.key = {.high = item.getKeyHigh(), .low = item.getKeyLow()},
          .min_length = item.getMinLength(),
          .has_feature = item.getHasFeature()};
}

Status read_groups(capnp::List<wire::LookupGroup>::Reader groups, std::size_t items, LookupQuery* out) {
  out->groups.clear();
  std::size_t left = items;
  for (const auto group : groups) {
    MEMO_RETURN_IF_ERROR(check_layer(kMalformedLookup, Layer{group.getLayer()}));
    MEMO_RETURN_IF_ERROR(check_neighbours(kMalformedLookup, group.getNeighbours()));
    if (!std::isfinite(group.getMaxDistance())) return malformed(kLookupRequest, "distance is not finite");
    if (group.getItems() < 1 || group.getItems() > left)
      return malformed(kLookupRequest, "number of items of a group");
    left -= group.getItems();
    out->groups.push_back({.space = SpaceId{group.getSpace()},
                           .layer = Layer{group.getLayer()},
                           .max_distance = group.getMaxDistance(),
                           .items = group.getItems(),
                           .neighbours = group.getNeighbours()});
  }
  return left == 0 ? Status::ok() : malformed(kLookupRequest, "items without a group");
}

// One lease an answer.
Status read_leases(capnp::List<std::uint32_t>::Reader leases, LookupQuery* out) {
  std::size_t answers = 0;
  for (const LookupQuery::Group& group : out->groups) answers += group.answers();
  if (answers > segment::kMaxAnswersPerLookup) return malformed(kLookupRequest, "number of answers wanted");
  if (leases.size() != answers) return malformed(kLookupRequest, "number of leases");
  out->leases.clear();
  for (const std::uint32_t lease : leases) out->leases.push_back(lease);
  return Status::ok();
}

Status read_query(wire::LookupRequest::Reader root, LookupQuery* out) {
  const auto items = root.getItems();
  const auto features = root.getFeatures();
  if (items.size() < 1 || items.size() > segment::kMaxItemsPerLookup)
    return malformed(kLookupRequest, "number of items");
  if (features.size() > items.size() * kMaxFeatureDimension)
    return malformed(kLookupRequest, "number of features");
  MEMO_RETURN_IF_ERROR(read_groups(root.getGroups(), items.size(), out));
  MEMO_RETURN_IF_ERROR(read_leases(root.getLeases(), out));
  out->items.clear();
  for (const auto item : items) out->items.push_back(read_item(item));
  return read_floats(kLookupRequest, features, &out->features);
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
  MEMO_ASSIGN_OR_RETURN(const auto code, decode_code(kLookupReply, root.getCode()));
  const auto answers = root.getAnswers();
  if (answers.size() > segment::kMaxAnswersPerLookup) return malformed(kLookupReply, "number of answers");
  out->code = code;
  out->reason = root.getReason().cStr();
  out->answers.clear();
  for (const auto answer : answers) {
    if (answer.getKind() > wire::LookupAnswer::Kind::SIMILAR) return malformed(kLookupReply, "kind of an answer");
    if (!std::isfinite(answer.getDistance())) return malformed(kLookupReply, "distance is not finite");
    out->answers.push_back(read_answer(answer));
  }
  return Status::ok();
}

}  // namespace

Result<std::size_t> encode_lookup(std::span<const LookupRequest> requests, std::span<const std::uint32_t> leases,
                                  std::span<std::byte> out) {
  const std::size_t most = kLookupMessageBytes + requests.size() * kGroupBytes +
                           count_items(requests) * kItemBytes + leases.size() * kLeaseBytes +
                           count_floats(requests) * sizeof(float);
  return encode_cell<wire::LookupRequest>(kLookupRequest, most, out, [&](wire::LookupRequest::Builder root) {
    write_request(requests, leases, root);
  });
}

Status decode_lookup(std::span<const std::byte> bytes, LookupQuery* out) {
  return decode_cell<wire::LookupRequest>(kLookupRequest, bytes, [&](auto root) { return read_query(root, out); });
}

Result<std::size_t> encode_answers(const LookupAnswers& answers, std::span<std::byte> out) {
  const std::size_t most = kLookupMessageBytes + kMaxReasonBytes + answers.answers.size() * kAnswerBytes;
  return encode_cell<wire::LookupReply>(kLookupReply, most, out, [&](wire::LookupReply::Builder root) {
    root.setCode(static_cast<std::uint32_t>(answers.code));
    if (!answers.reason.empty()) root.setReason(cut_reason(answers.reason));
    auto list = root.initAnswers(static_cast<unsigned>(answers.answers.size()));
    for (std::uint32_t i = 0; i < list.size(); ++i) write_answer(answers.answers[i], list[i]);
  });
}

Status decode_answers(std::span<const std::byte> bytes, LookupAnswers* out) {
  return decode_cell<wire::LookupReply>(kLookupReply, bytes, [&](auto root) { return read_answers(root, out); });
}

}  // namespace memo
