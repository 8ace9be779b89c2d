#include "model/memo/map_finder.h"

namespace memo {
namespace {

Sequences missing(const std::vector<std::optional<Match>>& matches) {
  Sequences sequences;
  for (std::size_t i = 0; i < matches.size(); ++i)
    if (!matches[i]) sequences.push_back(static_cast<std::int64_t>(i));
  return sequences;
}

}  // namespace

bool is_readable_map(const Match& match, const MemoPlan& plan, std::uint32_t length) {
  const auto payload = match.view.payload();
  const bool aligned = reinterpret_cast<std::uintptr_t>(payload.data()) % 64 == 0;
  return aligned && match.length >= length && match.length <= plan.policy().length &&
         is_map_payload(payload, plan.map_shape(match.length));
}

std::vector<std::optional<Match>> MapFinder::find(const LayerInput& input) const {
  Matches matches(static_cast<std::size_t>(input.batch.size()));
  input.counters.lookups += matches.size();
  // By key first: needs no features, and most warm batches end here.
  if (!ask(input, missing(matches), 0, matches)) return matches;
  const float max_distance = plan_.layer(input.layer).max_distance;
  const Sequences left = missing(matches);
  if (max_distance <= 0 || left.empty()) return matches;
  {
    const PartTimer timer(input.seconds.embed);
    input.features.make(left);
  }
  (void)ask(input, left, max_distance, matches);
  return matches;
}

bool MapFinder::ask(const LayerInput& input, const Sequences& sequences, float max_distance,
                    Matches& matches) const {
  const PartTimer timer(input.seconds.search);
  std::vector<LookupItem> items;
  for (const std::int64_t sequence : sequences) {
    const auto layer = static_cast<Layer>(input.layer);
    items.push_back({input.lineage(sequence).key(layer), {}, input.length(sequence)});
    if (max_distance > 0) items.back().feature = input.features.of(sequence);
  }
  Matches found(items.size());
  LookupRequest request;
  request.space = *plan_.space();
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

void MapFinder::take(const LayerInput& input, std::int64_t sequence, Match found, Matches& matches) const {
  if (is_readable_map(found, plan_, input.length(sequence))) {
    matches[static_cast<std::size_t>(sequence)] = std::move(found);
  } else {
    ++input.counters.errors;
  }
}

}  // namespace memo
