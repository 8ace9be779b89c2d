#include "memod/daemon/session/lookup_service.h"

#include <utility>

#include <fmt/format.h>

namespace memo {
namespace {

LookupAnswer to_answer(const Found& found) {
  return {.kind = found.exact ? LookupAnswer::Kind::exact : LookupAnswer::Kind::similar,
          .length = found.length,
          .distance = found.distance,
          .generation = found.generation,
          .state_word_offset = found.state_word_offset,
          .payload_offset = found.payload_offset,
          .payload_bytes = found.payload_bytes,
          .key = found.key};
}

}  // namespace

Result<std::size_t> LookupService::answer(std::span<const std::byte> request, std::span<std::byte> reply) {
  MEMO_RETURN_IF_ERROR(decode_lookup(request, &query_));
  MEMO_RETURN_IF_ERROR(check_leases());
  found_.assign(query_.leases.size(), std::nullopt);
  const Status found = find();
  answers_.code = found.code();
  answers_.reason = found.message();
  make_answers();
  return encode_answers(answers_, reply);
}

// Each hit takes the lease offered for its answer: two hits on one lease would leave the first one unprotected.
Status LookupService::check_leases() {
  Status status;
  std::size_t good = 0;
  for (; good < query_.leases.size(); ++good) {
    const std::uint32_t lease = query_.leases[good];
    if (lease >= leases_.size() || offered_[lease]) {
      status = {StatusCode::invalid_argument,
                fmt::format("lookup request: lease {} out of range or offered twice", lease)};
      break;
    }
    offered_[lease] = true;
  }
  for (std::size_t i = 0; i < good; ++i) offered_[query_.leases[i]] = false;
  return status;
}

Status LookupService::find() {
  // A client that offers a lease has given up the slot that it held.
  for (const std::uint32_t lease : query_.leases) leases_.release(lease);
  std::span<const float> features = query_.features;
  std::size_t item = 0;
  std::size_t answer = 0;
  for (const LookupQuery::Group& group : query_.groups) {
    MEMO_RETURN_IF_ERROR(find_group(group, item, answer, features));
    item += group.items;
    answer += group.answers();
  }
  if (features.empty()) return Status::ok();
  return {StatusCode::invalid_argument, fmt::format("lookup request: {} floats too many", features.size())};
}

Status LookupService::find_group(const LookupQuery::Group& group, std::size_t item, std::size_t answer,
                                 std::span<const float>& features) {
  MEMO_ASSIGN_OR_RETURN(const auto spec, store_.space(group.space));
  const auto items = std::span<const LookupQuery::Item>(query_.items).subspan(item, group.items);
  MEMO_RETURN_IF_ERROR(make_items(items, spec, features));
  const LookupRequest request{.space = group.space,
                              .layer = group.layer,
                              .max_distance = group.max_distance,
                              .items = items_,
                              .neighbours = group.neighbours};
  return store_.find(request, leases_,
                     std::span<const std::uint32_t>(query_.leases).subspan(answer, group.answers()),
                     std::span(found_).subspan(answer, group.answers()));
}

Status LookupService::make_items(std::span<const LookupQuery::Item> items, const SpaceSpec& spec,
                                 std::span<const float>& features) {
  items_.clear();
  for (const LookupQuery::Item& item : items) {
    const std::size_t floats = item.has_feature ? spec.feature_dimension : 0;
    if (features.size() < floats) return {StatusCode::invalid_argument, "lookup request: too few features"};
    items_.push_back({.key = item.key, .feature = features.first(floats), .min_length = item.min_length});
    features = features.subspan(floats);
  }
  return Status::ok();
}

void LookupService::make_answers() {
  answers_.answers.clear();
  if (answers_.code != StatusCode::ok) return;
  for (const auto& found : found_) answers_.answers.push_back(found ? to_answer(*found) : LookupAnswer{});
}

}  // namespace memo
