#include "client/request_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace memo {
namespace {

constexpr std::string_view kLookup = "lookup";
constexpr std::string_view kPublish = "publish";
constexpr std::string_view kDraft = "draft";

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

Status check_range(std::string_view what, std::string_view field, std::uint64_t value, std::uint64_t min,
                   std::uint64_t max) {
  if (value >= min && value <= max) return Status::ok();
  return invalid(fmt::format("{}: {} is {}, must be {} to {}", what, field, value, min, max));
}

Status check_feature(std::string_view what, std::span<const float> feature, const SpaceSpec& spec) {
  if (feature.size() != spec.feature_dimension)
    return invalid(
        fmt::format("{}: feature has {} floats, the space has {}", what, feature.size(), spec.feature_dimension));
  const auto bad = std::ranges::find_if(feature, [](float value) { return !std::isfinite(value); });
  if (bad == feature.end()) return Status::ok();
  return invalid(fmt::format("{}: feature[{}] is {}, must be finite", what, bad - feature.begin(), *bad));
}

// Negative zero is 0. What is not a number is refused, too.
Status check_max_distance(float max_distance) {
  if (max_distance >= 0) return Status::ok();
  return invalid(fmt::format("{}: max_distance is {}, must be 0 or more", kLookup, max_distance));
}

Status check_payload(std::string_view what, std::size_t bytes, const SpaceSpec& spec) {
  return check_range(what, "payload size", bytes, 1, spec.payload_bytes);
}

}  // namespace

Status unknown_space(SpaceId id) {
  return invalid(fmt::format("there is no space {} in this store", static_cast<std::uint32_t>(id)));
}

Status check_layer(std::string_view what, Layer layer) {
  return check_range(what, "layer", static_cast<std::uint32_t>(layer), 0, kMaxLayers - 1);
}

Status check_neighbours(std::string_view what, std::uint32_t neighbours) {
  return check_range(what, "neighbours", neighbours, 1, kMaxNeighbours);
}

Status check_cost(std::string_view what, float cost_us) {
  if (std::isfinite(cost_us)) return Status::ok();
  return invalid(fmt::format("{}: cost_us is {}, must be finite", what, cost_us));
}

Status check_penalty(std::string_view what, float penalty) {
  if (is_penalty(penalty)) return Status::ok();
  return invalid(fmt::format("{}: penalty is {}, must be {} to {}", what, penalty, kMinPenalty, kMaxPenalty));
}

Status check_lookup(const LookupRequest& request, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(check_layer(kLookup, request.layer));
  MEMO_RETURN_IF_ERROR(check_max_distance(request.max_distance));
  MEMO_RETURN_IF_ERROR(check_neighbours(kLookup, request.neighbours));
  for (const LookupItem& item : request.items)
    if (!item.feature.empty()) MEMO_RETURN_IF_ERROR(check_feature(kLookup, item.feature, spec));
  return Status::ok();
}

Status check_publication(const Publication& publication, std::size_t payload_bytes, const SpaceSpec& spec) {
  MEMO_RETURN_IF_ERROR(check_layer(kPublish, publication.layer));
  MEMO_RETURN_IF_ERROR(check_range(kPublish, "length", publication.length, 1, spec.length_bucket));
  MEMO_RETURN_IF_ERROR(check_payload(kPublish, payload_bytes, spec));
  MEMO_RETURN_IF_ERROR(check_feature(kPublish, publication.feature, spec));
  MEMO_RETURN_IF_ERROR(check_cost(kPublish, publication.cost_us));
  return check_penalty(kPublish, publication.penalty);
}

Status check_draft(std::size_t bytes, const SpaceSpec& spec) {
  return check_payload(kDraft, bytes, spec);
}

}  // namespace memo
