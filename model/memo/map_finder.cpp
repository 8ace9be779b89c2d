#include "model/memo/map_finder.h"

#include <algorithm>

namespace memo {

Sequences missing(const std::vector<std::optional<Match>>& matches) {
  Sequences sequences;
  for (std::size_t i = 0; i < matches.size(); ++i)
    if (!matches[i]) sequences.push_back(i);
  return sequences;
}

bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length) {
  const auto payload = match.view.payload();
  const bool aligned = reinterpret_cast<std::uintptr_t>(payload.data()) % 64 == 0;
  return aligned && match.length >= length && match.length == shape.length && is_map_payload(payload, shape);
}

std::vector<std::optional<Match>> MapFinder::find(const LayerInput& input, EarlyLookup& early) const {
  Search search{Matches(input.size()), std::vector<bool>(input.size())};
  run(input, early, search);
  input.counters.lookups += static_cast<std::uint64_t>(std::count(search.asked.begin(), search.asked.end(), true));
  return std::move(search.matches);
}

void MapFinder::run(const LayerInput& input, EarlyLookup& early, Search& search) const {
  // By key first: needs no features, and most warm batches end here.
  const Sequences by_key = take_early(input, early, search);
  if (!by_key.empty() && !(in_time(input, by_key) && ask_by_key(input, by_key, search))) return;
  const Sequences left = missing(search.matches);
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
    if (match) take(input, i, std::move(*match), search);
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
  return !pays(input, sequences, gate) || ask(input, sequences, 0, gate, search);
}

void MapFinder::ask_by_similarity(const LayerInput& input, const Sequences& sequences, Search& search) const {
  LayerGate& gate = input.selection.by_similarity[input.layer];
  if (pays(input, sequences, gate))
    (void)ask(input, sequences, plan_.layer(input.layer).max_distance, gate, search);
}

bool MapFinder::ask(const LayerInput& input, const Sequences& sequences, float max_distance, LayerGate& gate,
                    Search& search) const {
  const double before = input.seconds.embed + input.seconds.search;
  if (max_distance > 0) {
    const PartTimer timer(input.seconds.embed);
    input.features.make(input.states, sequences);
  }
  if (!ask_store(input, sequences, max_distance, search)) return false;
  GateObservation observation;
  observation.trials = sequences.size();
  for (const std::size_t sequence : sequences) observation.hits += search.matches[sequence] ? 1 : 0;
  observation.saved_us = input.saving.known_saving_us();
  // The other threads wait meanwhile.
  observation.cost_us = 1e6 * input.states.threads * (input.seconds.embed + input.seconds.search - before);
  gate.record(observation);
  return true;
}

bool MapFinder::ask_store(const LayerInput& input, const Sequences& sequences, float max_distance,
                          Search& search) const {
  const PartTimer timer(input.seconds.search);
  std::vector<LookupItem> items;
  for (const std::size_t sequence : sequences) {
    items.push_back({input.key(sequence), {}, input.length(sequence)});
    if (max_distance > 0) items.back().feature = input.features.of(sequence);
    search.asked[sequence] = true;
  }
  Matches found(items.size());
  LookupRequest request;
  request.space = *plan_.space(input.layer);
  request.layer = static_cast<Layer>(input.layer);
  request.max_distance = max_distance;
  request.items = items;
  request.within = input.selection.budget.left();
  const Status answered = plan_.store().lookup(request, found);
  input.selection.budget.add_waited(timer.elapsed());
  if (!answered) {
    const bool late = answered.code() == StatusCode::deadline_exceeded;
    (late ? input.counters.over_deadline : input.counters.errors) += items.size();
    return false;
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) take(input, sequences[i], std::move(*found[i]), search);
  return true;
}

void MapFinder::take(const LayerInput& input, std::size_t sequence, Match found, Search& search) const {
  const bool fits = found.length <= plan_.policy().length;
  if (fits && is_readable_map(found, plan_.map_shape(input.layer, found.length), input.length(sequence))) {
    search.matches[sequence] = std::move(found);
  } else {
    ++input.counters.errors;
  }
}

}  // namespace memo
