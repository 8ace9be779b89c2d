#include "model/memo/memoized_attention.h"

#include <cassert>

namespace memo {

MemoizedAttention::MemoizedAttention(MemoPlan& plan)
    : plan_(plan),
      finder_(plan),
      early_(plan),
      publisher_(plan),
      counters_(plan.policy().layers.size()),
      savings_(plan.policy().layers.size()) {}

void MemoizedAttention::begin(std::span<const std::span<const std::int32_t>> batch) {
  lineages_.clear();
  lengths_.clear();
  for (const auto& tokens : batch) {
    assert(tokens.size() <= plan_.policy().length);
    lineages_.push_back(Lineage::of_tokens(tokens));
    lengths_.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  early_.ask(lineages_, lengths_, seconds_);
}

void MemoizedAttention::resume(std::vector<Lineage> lineages, std::vector<std::uint32_t> lengths) {
  early_.forget();
  lineages_ = std::move(lineages);
  lengths_ = std::move(lengths);
}

LayerAttention MemoizedAttention::prepare(std::size_t layer, const LayerStates& states) {
  LayerAttention attention;
  attention.modes = plan_.modes(layer);
  attention.sequences.resize(lineages_.size());
  blends_ = std::vector<MapBlend>(lineages_.size());
  drafts_ = std::vector<std::optional<Draft>>(lineages_.size());
  features_.emplace(plan_.embedder(), lineages_.size());
  fixed_used_ = nullptr;
  if (plan_.has(layer, HeadMode::lookup) && plan_.space(layer))
    prepare_lookups({layer, states, lineages_, *features_, counters_[layer], seconds_}, attention);
  if (plan_.has(layer, HeadMode::fixed)) prepare_fixed(layer, attention);
  return attention;
}

void MemoizedAttention::prepare_lookups(const LayerInput& input, LayerAttention& attention) {
  blends_ = finder_.find(input, early_);
  for (std::size_t i = 0; i < blends_.size(); ++i)
    for (std::size_t map = 0; map < blends_[i].size(); ++map) {
      const Match& match = blends_[i].map(map);
      attention.sequences[i].hit.push_back(
          {{match.view.payload(), plan_.map_shape(input.layer, match.length)}, blends_[i].weight(map)});
    }
  if (!plan_.layer(input.layer).publish) return;
  drafts_ = publisher_.prepare(input, missing(blends_));
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    if (!drafts_[i]) continue;
    attention.sequences[i].keep = drafts_[i]->payload;
    attention.sequences[i].keep_shape = plan_.map_shape(input.layer, lengths_[i]);
  }
}

void MemoizedAttention::prepare_fixed(std::size_t layer, LayerAttention& attention) {
  find_fixed_map(layer);
  const MapShape shape = plan_.fixed_map_shape();
  attention.fixed_copy = {plan_.fixed_map(layer).payload, shape};
  attention.fixed = attention.fixed_copy;
  const auto held = fixed_held_.find(layer);
  if (held == fixed_held_.end()) return;
  fixed_used_ = &held->second;
  attention.fixed = {held->second.view.payload(), shape};
}

void MemoizedAttention::find_fixed_map(std::size_t layer) {
  const std::optional<SpaceId> space = plan_.fixed_space();
  if (fixed_held_.contains(layer) || !space || !plan_.store().available()) return;
  const PartTimer timer(seconds_.search);
  const std::uint32_t length = plan_.policy().length;
  const LookupItem item{plan_.fixed_map(layer).key, {}, length};
  std::optional<Match> found;
  LookupRequest request;
  request.space = *space;
  request.layer = static_cast<Layer>(layer);
  request.items = {&item, 1};
  if (!plan_.store().lookup(request, {&found, 1})) return;
  if (!found) plan_.offer_fixed_map(layer);
  if (found && is_readable_map(*found, plan_.fixed_map_shape(), length))
    fixed_held_.emplace(layer, std::move(*found));
}

bool MemoizedAttention::intact(std::size_t sequence) const {
  return blends_[sequence].intact() && (fixed_used_ == nullptr || fixed_used_->view.intact());
}

void MemoizedAttention::finish(std::size_t layer, std::span<const SequenceOutcome> outcomes) {
  bool revoked = false;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    finish_sequence(layer, i, outcomes[i]);
    revoked = revoked || outcomes[i].revoked;
  }
  if (revoked) fixed_held_.erase(layer);  // found anew, if it still is there
  blends_.clear();
  if (layer + 1 == counters_.size()) early_.forget();
}

void MemoizedAttention::finish_sequence(std::size_t layer, std::size_t sequence, const SequenceOutcome& outcome) {
  LayerCounters& counters = counters_[layer];
  SavingEstimate& saving = savings_[layer];
  const MapBlend& blend = blends_[sequence];
  counters.revoked += outcome.revoked ? 1 : 0;
  const bool looks_up = plan_.has(layer, HeadMode::lookup);
  if (outcome.read) {
    seconds_.read += outcome.seconds;
    saving.add_read(outcome.seconds, 1);
    ++(blend.exact() ? counters.exact_hits : counters.similar_hits);
    if (blend.size() > 1) counters.blended += blend.size();
  } else {
    (looks_up || plan_.has(layer, HeadMode::compute) ? seconds_.compute : seconds_.read) += outcome.seconds;
    if (!outcome.revoked) saving.add_computed(outcome.seconds, 1);
    if (looks_up || plan_.has(layer, HeadMode::compute)) ++counters.computed;
  }
  if (drafts_[sequence]) publish(layer, sequence);
  if (outcome.read && !blend.exact()) lineages_[sequence].substitute(static_cast<Layer>(layer), blend.key());
  if (!plan_.has(layer, HeadMode::fixed)) return;
  ++counters.fixed;
  lineages_[sequence].substitute(static_cast<Layer>(layer), plan_.fixed_map(layer).key);
}

void MemoizedAttention::publish(std::size_t layer, std::size_t sequence) {
  const PartTimer timer(seconds_.publish);
  publisher_.publish(layer, std::move(*drafts_[sequence]), lineages_[sequence].key(static_cast<Layer>(layer)),
                     features_->of(sequence), lengths_[sequence], savings_[layer].saved_us(), counters_[layer]);
}

}  // namespace memo
