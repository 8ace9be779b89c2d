#include "model/memo/memoized_attention.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace memo {

MemoizedAttention::MemoizedAttention(MemoPlan& plan)
    : plan_(plan),
      finder_(plan),
      early_(plan),
      publisher_(plan),
      counters_(plan.policy().layers.size()),
      savings_(plan.policy().layers.size()),
      selection_(plan.policy()) {}

void MemoizedAttention::begin(TokenSequences batch) {
  lineages_.clear();
  lengths_.clear();
  for (const auto& tokens : batch) {
    assert(tokens.size() <= plan_.policy().length);
    lineages_.push_back(Lineage::of_tokens(tokens));
    lengths_.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  start_batch();
  ask_early();
}

void MemoizedAttention::start_batch() {
  begun_ = std::chrono::steady_clock::now();
  std::vector<Digest> texts;
  for (const Lineage& lineage : lineages_) texts.push_back(lineage.digest());
  verdicts_ = plan_.admission().judge(texts);
  selection_.budget.begin(std::accumulate(lengths_.begin(), lengths_.end(), std::size_t{0}));
  selection_.substituted.assign(lineages_.size(), false);
  early_hits_.assign(lineages_.size(), false);
  read_.assign(lineages_.size(), 0);
  published_.assign(lineages_.size(), false);
  early_saved_us_ = publish_us_ = 0;
}

void MemoizedAttention::ask_early() {
  early_.forget();
  early_answered_ = false;
  early_s_ = 0;
  const GateTurn turn = selection_.early.next();
  early_pays_ = turn != GateTurn::closed;
  const bool watched =
      std::any_of(verdicts_.begin(), verdicts_.end(), [](auto verdict) { return verdict.watched; });
  selection_.early_turn = !early_pays_ && watched ? GateTurn::probe : turn;
  if (selection_.early_turn == GateTurn::closed) return;
  {
    const PartTimer timer(early_s_);
    early_answered_ = early_.ask(lineages_, lengths_, selection_.budget.left());
  }
  seconds_.search += early_s_;
  selection_.budget.add_waited(early_s_);
}

void MemoizedAttention::resume(std::vector<Lineage> lineages, std::vector<std::uint32_t> lengths) {
  early_.forget();
  lineages_ = std::move(lineages);
  lengths_ = std::move(lengths);
  start_batch();
}

LayerAttention MemoizedAttention::prepare(std::size_t layer, const LayerStates& states) {
  LayerAttention attention;
  attention.modes = plan_.modes(layer);
  attention.sequences.resize(lineages_.size());
  blends_ = std::vector<MapBlend>(lineages_.size());
  drafts_ = std::vector<std::optional<Draft>>(lineages_.size());
  features_.emplace(plan_.embedder(layer), lineages_.size());
  fixed_used_ = nullptr;
  threads_ = states.threads;
  if (plan_.has(layer, HeadMode::lookup) && plan_.space(layer))
    prepare_lookups(
        {layer, states, lineages_, *features_, counters_[layer], seconds_, selection_, savings_[layer]},
        attention);
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
  if (plan_.layer(input.layer).publish) prepare_drafts(input, attention);
}

void MemoizedAttention::prepare_drafts(const LayerInput& input, LayerAttention& attention) {
  Sequences admitted;
  for (const std::size_t sequence : missing(blends_))
    if (verdicts_[sequence].admitted)
      admitted.push_back(sequence);
    else
      ++input.counters.not_admitted;
  if (selection_.budget.spent()) {
    input.counters.dropped += admitted.size();
    return;
  }
  const double before = seconds_.embed + seconds_.publish;
  drafts_ = publisher_.prepare(input, admitted);
  make_features(input);
  publish_us_ += 1e6 * threads_ * (seconds_.embed + seconds_.publish - before);
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    if (!drafts_[i]) continue;
    attention.sequences[i].keep = drafts_[i]->payload;
    attention.sequences[i].keep_shape = plan_.map_shape(input.layer, lengths_[i]);
  }
}

void MemoizedAttention::make_features(const LayerInput& input) {
  const PartTimer timer(seconds_.embed);
  const bool all = finds_similar_maps(input.layer);
  const bool any = plan_.layer(input.layer).max_distance > 0;
  Sequences findable;
  for (std::size_t i = 0; i < drafts_.size(); ++i)
    if (drafts_[i] && (all || (any && verdicts_[i].watched))) findable.push_back(i);
  input.features.make(input.states, findable);
}

// With fixed selection, other processes may look up by similarity where this policy does not.
bool MemoizedAttention::finds_similar_maps(std::size_t layer) const {
  if (plan_.policy().selection == Selection::fixed) return true;
  return plan_.layer(layer).max_distance > 0 && selection_.by_similarity[layer].is_open();
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
  if (selection_.budget.spent()) return;
  const PartTimer timer(seconds_.search);
  const std::uint32_t length = plan_.policy().length;
  const LookupItem item{plan_.fixed_map(layer).key, {}, length};
  std::optional<Match> found;
  LookupRequest request;
  request.space = *space;
  request.layer = static_cast<Layer>(layer);
  request.items = {&item, 1};
  request.within = selection_.budget.left();
  const Status answered = plan_.store().lookup(request, {&found, 1});
  selection_.budget.add_waited(timer.elapsed());
  if (!answered) return;
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
  if (revoked) fixed_held_.erase(layer);  // looked up again, if it is still there
  blends_.clear();
  if (layer + 1 == counters_.size()) conclude();
}

void MemoizedAttention::finish_sequence(std::size_t layer, std::size_t sequence, const SequenceOutcome& outcome) {
  LayerCounters& counters = counters_[layer];
  SavingEstimate& saving = savings_[layer];
  const MapBlend& blend = blends_[sequence];
  counters.revoked += outcome.revoked ? 1 : 0;
  const bool looks_up = plan_.has(layer, HeadMode::lookup);
  if (outcome.read) {
    seconds_.read += outcome.seconds;
    saving.add_read(outcome.seconds);
    ++read_[sequence];
    if (blend.exact()) early_hits_[sequence] = true;
    if (blend.exact()) early_saved_us_ += saving.saved_us();
    ++(blend.exact() ? counters.exact_hits : counters.similar_hits);
    if (blend.size() > 1) counters.blended += blend.size();
  } else {
    (looks_up || plan_.has(layer, HeadMode::compute) ? seconds_.compute : seconds_.read) += outcome.seconds;
    if (!outcome.revoked) saving.add_computed(outcome.seconds, drafts_[sequence].has_value());
    if (looks_up || plan_.has(layer, HeadMode::compute)) ++counters.computed;
  }
  if (drafts_[sequence]) publish(layer, sequence);
  if (outcome.read && !blend.exact()) {
    lineages_[sequence].substitute(static_cast<Layer>(layer), blend.key());
    selection_.substituted[sequence] = true;
  }
  if (!plan_.has(layer, HeadMode::fixed)) return;
  ++counters.fixed;
  lineages_[sequence].substitute(static_cast<Layer>(layer), plan_.fixed_map(layer).key);
}

void MemoizedAttention::publish(std::size_t layer, std::size_t sequence) {
  const double before = seconds_.publish;
  hand_over(layer, sequence);
  published_[sequence] = true;
  publish_us_ += 1e6 * threads_ * (seconds_.publish - before) + savings_[layer].encode_us();
}

void MemoizedAttention::hand_over(std::size_t layer, std::size_t sequence) {
  const PartTimer timer(seconds_.publish);
  publisher_.publish(layer, std::move(*drafts_[sequence]), lineages_[sequence].key(static_cast<Layer>(layer)),
                     features_->has(sequence) ? features_->of(sequence) : plan_.nowhere(), lengths_[sequence],
                     savings_[layer].saved_us(), counters_[layer]);
}

void MemoizedAttention::conclude() {
  early_.forget();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun_;
  selection_.budget.end(taken.count());
  // A larger share of the sample is stored than of other texts, so lookups made only for the sample overstate the
  // hit rate of all texts.
  if (early_answered_ && early_pays_) record_early();
  report_publishes();
}

// A trial is a sequence; what its hits save is counted over all layers.
void MemoizedAttention::record_early() {
  GateObservation observation;
  observation.trials = lineages_.size();
  observation.hits = static_cast<std::size_t>(std::count(early_hits_.begin(), early_hits_.end(), true));
  observation.saved_us = saved_by_a_text_us();
  if (observation.hits > 0 && observation.saved_us)
    observation.saved_us = early_saved_us_ / static_cast<double>(observation.hits);
  observation.cost_us = 1e6 * threads_ * early_s_;
  selection_.early.record(observation);
}

std::optional<double> MemoizedAttention::saved_by_a_text_us() const {
  std::optional<double> sum;
  for (std::size_t layer = 0; layer < savings_.size(); ++layer)
    if (plan_.has(layer, HeadMode::lookup))
      if (const std::optional<double> saved = savings_[layer].known_saving_us()) sum = sum.value_or(0) + *saved;
  return sum;
}

void MemoizedAttention::report_publishes() {
  AdmissionReport report;
  const auto layers = static_cast<double>(plan_.layers_that_look_up());
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    report.published += published_[i] ? 1 : 0;
    if (!early_answered_ || !verdicts_[i].sampled) continue;
    ++report.sampled_lookups;
    report.sampled_hits += static_cast<double>(read_[i]) / layers;
  }
  report.publish_us = publish_us_;
  report.saved_us = saved_by_a_text_us().value_or(0);
  plan_.admission().learn(report);
}

}  // namespace memo
