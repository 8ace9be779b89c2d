#include "model/memo/memoized_attention.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cassert>

#include "model/memo/context_kernel.h"

namespace memo {
namespace {

const LinearWeights& qkv_of(const MemoPlan& plan, std::int64_t layer) {
  return plan.checkpoint().layers[static_cast<std::size_t>(layer)].qkv;
}

Lineage lineage_of(const TokenBatch& batch, std::int64_t sequence) {
  const std::int64_t* ids = batch.ids.data_ptr<std::int64_t>() + sequence * batch.padded();
  const std::vector<std::int32_t> tokens(ids, ids + batch.lengths[static_cast<std::size_t>(sequence)]);
  return Lineage::of_tokens(tokens);
}

Sequences sequences_where(const std::vector<std::optional<Match>>& matches, bool found) {
  Sequences sequences;
  for (std::size_t i = 0; i < matches.size(); ++i)
    if (matches[i].has_value() == found) sequences.push_back(static_cast<std::int64_t>(i));
  return sequences;
}

Sequences merged(const Sequences& left, const Sequences& right) {
  Sequences all;
  std::merge(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
  return all;
}

}  // namespace

MemoizedAttention::MemoizedAttention(MemoPlan& plan)
    : plan_(plan),
      finder_(plan),
      publisher_(plan),
      counters_(plan.policy().layers.size()),
      savings_(plan.policy().layers.size()) {}

void MemoizedAttention::begin(const TokenBatch& batch) {
  assert(batch.padded() <= std::int64_t{plan_.policy().length});
  batch_ = &batch;
  lineages_.clear();
  for (std::int64_t i = 0; i < batch.size(); ++i) lineages_.push_back(lineage_of(batch, i));
}

at::Tensor MemoizedAttention::context(std::int64_t layer, const at::Tensor& hidden) {
  assert(batch_ != nullptr);
  FeatureTable features(plan_.embedder(), hidden, batch_->lengths);
  LayerCounters& counters = counters_[static_cast<std::size_t>(layer)];
  const LayerInput input{layer, hidden, *batch_, lineages_, features, counters, seconds_};
  switch (plan_.layer(layer).mode) {
    case LayerMode::lookup:
      return plan_.space() ? looked_up_layer(input) : computed_layer(input);
    case LayerMode::fixed:
      return fixed_layer(input);
    case LayerMode::compute:
      return computed_layer(input);
  }
  return computed_layer(input);
}

at::Tensor MemoizedAttention::computed_layer(const LayerInput& input) {
  const PartTimer timer(seconds_.compute);
  input.counters.computed += static_cast<std::uint64_t>(input.batch.size());
  const LinearWeights& qkv = qkv_of(plan_, input.layer);
  return compute_attention(plan_.checkpoint().config, qkv, input.hidden, input.batch.mask).context;
}

at::Tensor MemoizedAttention::looked_up_layer(const LayerInput& input) {
  const Matches matches = finder_.find(input);
  Sequences misses = sequences_where(matches, false);
  const Sequences hits = sequences_where(matches, true);
  if (hits.empty()) return compute_misses(input, misses);
  at::Tensor context = at::empty_like(input.hidden);
  misses = merged(misses, read_hits(input, hits, matches, context));
  if (misses.empty()) return context;
  const at::Tensor computed = compute_misses(input, misses);
  for (std::size_t i = 0; i < misses.size(); ++i) context[misses[i]].copy_(computed[static_cast<std::int64_t>(i)]);
  return context;
}

Sequences MemoizedAttention::read_hits(const LayerInput& input, const Sequences& hits, const Matches& matches,
                                       at::Tensor& context) {
  double seconds = 0;
  Sequences revoked;
  {
    const PartTimer whole(seconds);
    at::Tensor values;
    {
      const PartTimer timer(seconds_.compute);
      values = project_values(qkv_of(plan_, input.layer), select(input.hidden, hits));
    }
    const PartTimer timer(seconds_.read);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const Match& match = *matches[static_cast<std::size_t>(hits[i])];
      read_map(input, hits[i], match.view.payload(), match.length, values[static_cast<std::int64_t>(i)],
               context[hits[i]]);
      if (match.view.intact()) {
        count_hit(input, hits[i], match);
      } else {
        revoked.push_back(hits[i]);
      }
    }
  }
  input.counters.revoked += revoked.size();
  savings_[static_cast<std::size_t>(input.layer)].add_read(seconds, hits.size());
  return revoked;
}

void MemoizedAttention::count_hit(const LayerInput& input, std::int64_t sequence, const Match& match) {
  ++(match.exact ? input.counters.exact_hits : input.counters.similar_hits);
  if (!match.exact) input.lineage(sequence).substitute(static_cast<Layer>(input.layer), match.key);
}

at::Tensor MemoizedAttention::compute_misses(const LayerInput& input, const Sequences& misses) {
  SavingEstimate& saving = savings_[static_cast<std::size_t>(input.layer)];
  double seconds = 0;
  ComputedAttention computed;
  {
    const PartTimer timer(seconds);
    computed = compute_attention(plan_.checkpoint().config, qkv_of(plan_, input.layer),
                                 select(input.hidden, misses), select(input.batch.mask, misses));
  }
  seconds_.compute += seconds;
  saving.add_computed(seconds, misses.size());
  input.counters.computed += misses.size();
  if (plan_.layer(input.layer).publish) publisher_.publish(input, misses, computed.map, saving.saved_us());
  return computed.context;
}

void MemoizedAttention::read_map(const LayerInput& input, std::int64_t sequence,
                                 std::span<const std::byte> payload, std::uint32_t stored_length,
                                 const at::Tensor& value, at::Tensor context) const {
  const std::uint32_t length = input.length(sequence);
  ContextOperands operands;
  operands.value = value.data_ptr<float>();
  operands.value_stride = static_cast<std::size_t>(value.stride(0));
  operands.context = context.data_ptr<float>();
  operands.context_stride = static_cast<std::size_t>(context.stride(0));
  operands.length = length;
  operands.head_dim = static_cast<std::uint32_t>(plan_.checkpoint().config.head_dim());
  context_from_map(payload, plan_.map_shape(stored_length), operands);
  // Rows of padding have to be finite, and this memory is uninitialized.
  context.narrow(0, length, context.size(0) - length).zero_();
}

at::Tensor MemoizedAttention::fixed_layer(const LayerInput& input) {
  at::Tensor values;
  {
    const PartTimer timer(seconds_.compute);
    values = project_values(qkv_of(plan_, input.layer), input.hidden);
  }
  at::Tensor context = at::empty_like(input.hidden);
  find_fixed_map(input);
  const PartTimer timer(seconds_.read);
  for (std::int64_t i = 0; i < input.batch.size(); ++i) {
    read_fixed_map(input, i, values[i], context[i]);
    input.lineage(i).substitute(static_cast<Layer>(input.layer), plan_.fixed_map(input.layer).key);
  }
  input.counters.fixed += static_cast<std::uint64_t>(input.batch.size());
  return context;
}

void MemoizedAttention::read_fixed_map(const LayerInput& input, std::int64_t sequence, const at::Tensor& value,
                                       at::Tensor context) {
  const std::uint32_t length = plan_.policy().length;
  const auto held = fixed_matches_.find(input.layer);
  if (held != fixed_matches_.end()) {
    read_map(input, sequence, held->second.view.payload(), length, value, context);
    if (held->second.view.intact()) return;
    fixed_matches_.erase(held);
    ++input.counters.revoked;
  }
  read_map(input, sequence, plan_.fixed_map(input.layer).payload, length, value, context);
}

void MemoizedAttention::find_fixed_map(const LayerInput& input) {
  if (fixed_matches_.contains(input.layer) || !plan_.space() || !plan_.store().available()) return;
  const PartTimer timer(seconds_.search);
  const LookupItem item{plan_.fixed_map(input.layer).key, {}, plan_.policy().length};
  std::optional<Match> found;
  LookupRequest request;
  request.space = *plan_.space();
  request.layer = static_cast<Layer>(input.layer);
  request.items = {&item, 1};
  if (!plan_.store().lookup(request, {&found, 1})) return;
  if (!found) plan_.offer_fixed_map(input.layer);
  if (found && is_readable_map(*found, plan_, plan_.policy().length))
    fixed_matches_.emplace(input.layer, std::move(*found));
}

}  // namespace memo
