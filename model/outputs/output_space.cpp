#include "model/outputs/output_space.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "model/memo/lineage.h"

namespace memo {
namespace {

// Results up to this size are all kept: publishing one takes some ten microseconds, and a choice among texts would miss
// those that come again in another process. Larger ones, such as logits of a whole vocabulary, are chosen like maps.
constexpr std::size_t kSmallResult = 64 << 10;

AdmissionRules rules_for(Selection selection, const OutputShape& shape) {
  AdmissionRules rules;
  rules.everything = selection == Selection::fixed || shape.payload_bytes() <= kSmallResult;
  return rules;
}

// Texts of all lengths share a space, as their results have one size.
SpaceSpec spec_of(const Digest& identity, const OutputShape& shape, std::uint32_t longest) {
  return {.model = identity,
          .kind = MemoKind::output,
          .encoding = PayloadEncoding::f32,
          .length_bucket = longest,
          .payload_bytes = shape.payload_bytes()};
}

}  // namespace

Key output_key(const TokenSequence& tokens) {
  return Lineage::of_tokens(tokens).digest();
}

OutputSpace::OutputSpace(const Digest& identity, OutputShape shape, std::uint32_t longest, Selection selection,
                         MemoStore& store)
    : shape_(shape), selection_(selection), store_(store), admission_(rules_for(selection, shape)) {
  const Result<SpaceId> space = store.open_space(spec_of(identity, shape, longest));
  if (space)
    space_ = *space;
  else
    status_ = space.status();
}

Status OutputSpace::look_up(std::span<const LookupItem> keys, std::chrono::microseconds within,
                            std::span<std::optional<Match>> found) const {
  assert(space_ && keys.size() == found.size());
  LookupRequest request;
  request.space = *space_;
  request.items = keys;
  request.within = within;
  return store_.lookup(request, found);
}

Status OutputSpace::publish(const Key& key, std::uint32_t tokens, std::span<const float> row,
                            float cost_us) const {
  assert(space_ && row.size() == shape_.numbers());
  MEMO_ASSIGN_OR_RETURN(Draft draft, store_.draft(*space_, row.size_bytes()));
  std::memcpy(draft.payload.data(), row.data(), row.size_bytes());
  Publication publication;
  publication.key = key;
  publication.length = tokens;
  publication.cost_us = cost_us;
  return store_.publish(std::move(draft), publication);
}

}  // namespace memo
