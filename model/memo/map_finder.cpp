#include "model/memo/map_finder.h"

#include <algorithm>
#include <utility>

namespace memo {
namespace {

// Views that a layer's lookup may hold, of the 1024 that a session has.
constexpr std::size_t kMaxViews = 512;

}  // namespace

bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length) {
  const auto payload = match.view.payload();
  const bool aligned = reinterpret_cast<std::uintptr_t>(payload.data()) % 64 == 0;
  return aligned && match.length >= length && match.length == shape.length && is_map_payload(payload, shape);
}

std::vector<MapBlend> MapFinder::find(const LayerInput& input, EarlyLookup& early) const {
  Search search{Blends(input.size()), std::vector<bool>(input.size())};
  run(input, early, search);
  input.counters.lookups += static_cast<std::uint64_t>(std::count(search.asked.begin(), search.asked.end(), true));
  return std::move(search.blends);
}

void MapFinder::run(const LayerInput& input, EarlyLookup& early, Search& search) const {
  // By key first: this needs no features, and most warm batches end here.
  const Sequences by_key = take_early(input, early, search);
  if (!by_key.empty() && !(in_time(input, by_key) && ask_by_key(input, by_key, search))) return;
  const Sequences left = missing(search.blends);
  if (plan_.layer(input.layer).max_distance > 0 && !left.empty() && in_time(input, left))
    ask_by_similarity(input, left, search);
}

Sequences MapFinder::take_early(const LayerInput& input, EarlyLookup& early, Search& search) const {
  const OnlineSelection& selection = input.selection;
  const bool closed = selection.early_turn == GateTurn::closed && early.covers(input.layer, input.size());
  Sequences by_key;
  for (std::size_t i = 0; i < input.size(); ++i) {
    std::optional<Match> match;
    if (closed && !selection.substituted[i]) {
      ++input.counters.gated;
    } else if (early.take(input.layer, i, input.key(i), &match)) {
      search.asked[i] = true;
      if (selection.early_turn == GateTurn::probe) ++input.counters.probes;
    } else {
      by_key.push_back(i);
    }
    if (match) search.blends[i] = take(input, i, {&match, 1});
  }
  return by_key;
}

bool MapFinder::in_time(const LayerInput& input, const Sequences& sequences) {
  if (!input.selection.budget.spent()) return true;
  input.counters.over_deadline += sequences.size();
  return false;
}

bool MapFinder::pays(const LayerInput& input, const Sequences& sequences, LayerGate& gate) {
  const GateTurn turn = gate.next();
  if (turn == GateTurn::closed) input.counters.gated += sequences.size();
  if (turn == GateTurn::probe) input.counters.probes += sequences.size();
  return turn != GateTurn::closed;
}

bool MapFinder::ask_by_key(const LayerInput& input, const Sequences& sequences, Search& search) const {
  LayerGate& gate = input.selection.by_key[input.layer];
  return !pays(input, sequences, gate) || ask(input, sequences, {}, gate, search);
}

void MapFinder::ask_by_similarity(const LayerInput& input, const Sequences& sequences, Search& search) const {
  LayerGate& gate = input.selection.by_similarity[input.layer];
  if (!pays(input, sequences, gate)) return;
  const LayerPolicy& policy = plan_.layer(input.layer);
  const std::size_t most = std::max<std::size_t>(1, kMaxViews / sequences.size());
  const auto neighbours = static_cast<std::uint32_t>(std::min<std::size_t>(policy.neighbours, most));
  (void)ask(input, sequences, {policy.max_distance, neighbours}, gate, search);
}

bool MapFinder::ask(const LayerInput& input, const Sequences& sequences, Reach reach, LayerGate& gate,
                    Search& search) const {
  const double before = input.seconds.embed + input.seconds.search;
  if (reach.max_distance > 0) {
    const PartTimer timer(input.seconds.embed);
    input.features.make(input.states, sequences);
  }
  if (!ask_store(input, sequences, reach, search)) return false;
  GateObservation observation;
  observation.trials = sequences.size();
  for (const std::size_t sequence : sequences) observation.hits += search.blends[sequence] ? 1 : 0;
  observation.saved_us = input.saving.known_saving_us();
  // The other threads wait meanwhile.
  observation.cost_us = 1e6 * input.states.threads * (input.seconds.embed + input.seconds.search - before);
  gate.record(observation);
  return true;
}

bool MapFinder::ask_store(const LayerInput& input, const Sequences& sequences, Reach reach, Search& search) const {
  const PartTimer timer(input.seconds.search);
  std::vector<LookupItem> items;
  for (const std::size_t sequence : sequences) {
    items.push_back({input.key(sequence), {}, input.length(sequence)});
    if (reach.max_distance > 0) items.back().feature = input.features.of(sequence);
    search.asked[sequence] = true;
  }
  LookupRequest request;
  request.space = *plan_.space(input.layer);
  request.layer = static_cast<Layer>(input.layer);
  request.max_distance = reach.max_distance;
  request.neighbours = reach.neighbours;
  request.items = items;
  request.within = input.selection.budget.left();
  std::vector<std::optional<Match>> found(count_matches({&request, 1}));
  const Status answered = plan_.store().lookup(request, found);
  input.selection.budget.add_waited(timer.elapsed());
  if (!answered) {
    const bool late = answered.code() == StatusCode::deadline_exceeded;
    (late ? input.counters.over_deadline : input.counters.errors) += items.size();
    return false;
  }
  for (std::size_t i = 0; i < sequences.size(); ++i)
    search.blends[sequences[i]] =
        take(input, sequences[i], std::span(found).subspan(i * reach.neighbours, reach.neighbours));
  return true;
}

MapBlend MapFinder::take(const LayerInput& input, std::size_t sequence,
                         std::span<std::optional<Match>> found) const {
  std::vector<Match> readable;
  for (std::optional<Match>& match : found) {
    if (!match) continue;
    const bool fits = match->length <= plan_.policy().length;
    if (fits && is_readable_map(*match, plan_.map_shape(input.layer, match->length), input.length(sequence)))
      readable.push_back(std::move(*match));
    else
      ++input.counters.errors;
  }
  return MapBlend(std::move(readable));
}

}  // namespace memo
