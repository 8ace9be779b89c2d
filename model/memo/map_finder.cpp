#include "model/memo/map_finder.h"

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
  Matches matches(input.size());
  input.counters.lookups += matches.size();
  // By key first: needs no features, and most warm batches end here.
  const Sequences not_asked = take_early(input, early, matches);
  if (!not_asked.empty() && !ask(input, not_asked, 0, matches)) return matches;
  const float max_distance = plan_.layer(input.layer).max_distance;
  const Sequences left = missing(matches);
  if (max_distance <= 0 || left.empty()) return matches;
  {
    const PartTimer timer(input.seconds.embed);
    input.features.make(input.states, left);
  }
  (void)ask(input, left, max_distance, matches);
  return matches;
}

Sequences MapFinder::take_early(const LayerInput& input, EarlyLookup& early, Matches& matches) const {
  Sequences not_asked;
  for (std::size_t i = 0; i < input.size(); ++i) {
    std::optional<Match> match;
    if (!early.take(input.layer, i, input.key(i), &match)) not_asked.push_back(i);
    if (match) take(input, i, std::move(*match), matches);
  }
  return not_asked;
}

bool MapFinder::ask(const LayerInput& input, const Sequences& sequences, float max_distance,
                    Matches& matches) const {
  const PartTimer timer(input.seconds.search);
  std::vector<LookupItem> items;
  for (const std::size_t sequence : sequences) {
    items.push_back({input.key(sequence), {}, input.length(sequence)});
    if (max_distance > 0) items.back().feature = input.features.of(sequence);
  }
  Matches found(items.size());
  LookupRequest request;
  request.space = *plan_.space(input.layer);
  request.layer = static_cast<Layer>(input.layer);
  request.max_distance = max_distance;
  request.items = items;
  if (!plan_.store().lookup(request, found)) {
    input.counters.errors += items.size();
    return false;
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) take(input, sequences[i], std::move(*found[i]), matches);
  return true;
}

void MapFinder::take(const LayerInput& input, std::size_t sequence, Match found, Matches& matches) const {
  const bool fits = found.length <= plan_.policy().length;
  if (fits && is_readable_map(found, plan_.map_shape(input.layer, found.length), input.length(sequence))) {
    matches[sequence] = std::move(found);
  } else {
    ++input.counters.errors;
  }
}

}  // namespace memo
