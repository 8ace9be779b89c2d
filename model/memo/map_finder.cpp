#include "model/memo/map_finder.h"

#include <algorithm>
#include <utility>

namespace memo {
namespace {

// Views that a layer's lookup may hold, of the 1024 that a session has.
constexpr std::size_t kMostViews = 512;

}  // namespace

bool is_readable_map(const Match& match, MapShape shape, std::uint32_t length) {
  const auto payload = match.view.payload();
  const bool aligned = reinterpret_cast<std::uintptr_t>(payload.data()) % 64 == 0;
  return aligned && match.length >= length && match.length == shape.length && is_map_payload(payload, shape);
}

std::vector<MapBlend> MapFinder::find(const LayerInput& input, EarlyLookup& early) const {
  Blends blends(input.size());
  input.counters.lookups += blends.size();
  // By key first: needs no features, and most warm batches end here.
  const Sequences not_asked = take_early(input, early, blends);
  if (!not_asked.empty() && !ask(input, not_asked, 0, blends)) return blends;
  const LayerPolicy& policy = plan_.layer(input.layer);
  const Sequences left = missing(blends);
  if (policy.max_distance <= 0 || left.empty()) return blends;
  {
    const PartTimer timer(input.seconds.embed);
    input.features.make(input.states, left);
  }
  const std::size_t most = std::max<std::size_t>(1, kMostViews / left.size());
  (void)ask(input, left, static_cast<std::uint32_t>(std::min<std::size_t>(policy.neighbours, most)), blends);
  return blends;
}

Sequences MapFinder::take_early(const LayerInput& input, EarlyLookup& early, Blends& blends) const {
  Sequences not_asked;
  for (std::size_t i = 0; i < input.size(); ++i) {
    std::optional<Match> match;
    if (!early.take(input.layer, i, input.key(i), &match)) not_asked.push_back(i);
    blends[i] = take(input, i, {&match, 1});
  }
  return not_asked;
}

bool MapFinder::ask(const LayerInput& input, const Sequences& sequences, std::uint32_t neighbours,
                    Blends& blends) const {
  const PartTimer timer(input.seconds.search);
  std::vector<LookupItem> items;
  for (const std::size_t sequence : sequences) {
    items.push_back({input.key(sequence), {}, input.length(sequence)});
    if (neighbours > 0) items.back().feature = input.features.of(sequence);
  }
  LookupRequest request;
  request.space = *plan_.space(input.layer);
  request.layer = static_cast<Layer>(input.layer);
  request.max_distance = neighbours > 0 ? plan_.layer(input.layer).max_distance : 0;
  request.items = items;
  request.neighbours = std::max(1u, neighbours);
  std::vector<std::optional<Match>> found(count_matches({&request, 1}));
  if (!plan_.store().lookup(request, found)) {
    input.counters.errors += items.size();
    return false;
  }
  for (std::size_t i = 0; i < sequences.size(); ++i)
    blends[sequences[i]] =
        take(input, sequences[i], std::span(found).subspan(i * request.neighbours, request.neighbours));
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
