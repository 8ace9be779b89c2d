#include "model/outputs/output_space.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "model/memo/lineage.h"

namespace memo {
namespace {

// Results up to this size are all kept: publishing one takes about ten microseconds, and a choice among texts would
// miss those that come again in another process. Larger ones, such as logits of a whole vocabulary, are chosen like
// maps.
constexpr std::size_t kSmallResult = 64 << 10;

// States of texts up to this length share a space.
constexpr std::uint32_t kShortestBucket = 16;

AdmissionRules rules_for(Selection selection, std::size_t payload_bytes) {
  AdmissionRules rules;
  rules.everything = selection == Selection::fixed || payload_bytes <= kSmallResult;
  return rules;
}

SpaceSpec spec_of(const Digest& identity, const OutputShape& shape, std::uint32_t bucket) {
  return {.model = identity,
          .kind = shape.kind(),
          .encoding = PayloadEncoding::f32,
          .length_bucket = bucket,
          .payload_bytes = shape.payload_bytes(bucket)};
}

}  // namespace

Key output_key(const TokenSequence& tokens) {
  return Lineage::of_tokens(tokens).digest();
}

std::vector<std::uint32_t> length_buckets(const OutputShape& shape, std::uint32_t length, std::uint32_t longest) {
  if (shape.per_token == 0) return {longest};
  std::vector<std::uint32_t> buckets{kShortestBucket};
  while (buckets.back() < length) buckets.push_back(2 * buckets.back());
  buckets.back() = std::min(buckets.back(), longest);
  return buckets;
}

OutputSpace::OutputSpace(const Digest& identity, OutputShape shape, std::vector<std::uint32_t> buckets,
                         Selection selection, MemoStore& store)
    : shape_(shape),
      buckets_(std::move(buckets)),
      selection_(selection),
      store_(store),
      admission_(rules_for(selection, shape.payload_bytes(buckets_.back()))) {
  for (const std::uint32_t bucket : buckets_) {
    const Result<SpaceId> space = store.open_space(spec_of(identity, shape, bucket));
    if (!space) {
      status_ = space.status();
      return;
    }
    spaces_.push_back(*space);
  }
}

std::size_t OutputSpace::bucket_of(std::size_t tokens) const {
  assert(tokens <= buckets_.back());
  return static_cast<std::size_t>(std::ranges::lower_bound(buckets_, tokens) - buckets_.begin());
}

// Makes one request for each space that has some of the keys.
Status OutputSpace::look_up(std::span<const LookupItem> keys, std::chrono::microseconds within,
                            std::span<std::optional<Match>> found) const {
  assert(status_.is_ok() && keys.size() == found.size());
  std::vector<std::vector<LookupItem>> items(buckets_.size());
  std::vector<std::vector<std::size_t>> places(buckets_.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t bucket = bucket_of(keys[i].min_length);
    items[bucket].push_back(keys[i]);
    places[bucket].push_back(i);
  }
  std::vector<LookupRequest> requests;
  std::vector<std::size_t> order;  // of the matches
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    if (items[bucket].empty()) continue;
    LookupRequest& request = requests.emplace_back();
    request.space = spaces_[bucket];
    request.items = items[bucket];
    request.within = within;
    order.insert(order.end(), places[bucket].begin(), places[bucket].end());
  }
  std::vector<std::optional<Match>> matches(keys.size());
  MEMO_RETURN_IF_ERROR(store_.lookup_all(requests, matches));
  for (std::size_t i = 0; i < order.size(); ++i) found[order[i]] = std::move(matches[i]);
  return Status::ok();
}

Status OutputSpace::publish(const Key& key, std::uint32_t tokens, std::span<const float> row,
                            float cost_us) const {
  assert(status_.is_ok() && row.size() == shape_.numbers(tokens));
  MEMO_ASSIGN_OR_RETURN(Draft draft, store_.draft(spaces_[bucket_of(tokens)], row.size_bytes()));
  std::memcpy(draft.payload.data(), row.data(), row.size_bytes());
  Publication publication;
  publication.key = key;
  publication.length = tokens;
  publication.cost_us = cost_us;
  return store_.publish(std::move(draft), publication);
}

}  // namespace memo
