#include "model/memo/map_publisher.h"

#include <cstring>

namespace memo {

std::vector<std::optional<Draft>> MapPublisher::prepare(const LayerInput& input,
                                                        const Sequences& sequences) const {
  std::vector<std::optional<Draft>> drafts(input.size());
  const bool available = plan_.store().available();
  const PartTimer timer(input.seconds.publish);
  for (const std::size_t sequence : sequences) {
    const MapShape shape = plan_.map_shape(input.layer, input.length(sequence));
    Result<Draft> draft = available ? plan_.store().draft(*plan_.space(input.layer), shape.payload_bytes())
                                    : Result<Draft>(Status(StatusCode::unavailable, "the store is away"));
    if (!draft) {
      ++input.counters.dropped;
      continue;
    }
    // The engine writes the rows and their numbers; the zeros between them are written here.
    std::memset(draft->payload.data() + shape.used_prefix_bytes(), 0,
                shape.prefix_bytes() - shape.used_prefix_bytes());
    drafts[sequence] = std::move(*draft);
  }
  input.selection.budget.add_waited(timer.elapsed());
  return drafts;
}

void MapPublisher::publish(std::size_t layer, Draft draft, const Key& key, std::span<const float> feature,
                           std::uint32_t length, float cost_us, LayerCounters& counters) const {
  Publication publication;
  publication.layer = static_cast<Layer>(layer);
  publication.key = key;
  publication.feature = feature;
  publication.length = length;
  publication.cost_us = cost_us;
  if (const LayerPenalty* penalty = plan_.penalty(layer); penalty != nullptr && !is_nowhere(feature))
    publication.penalty = penalty->of(draft.payload, plan_.map_shape(layer, length), feature);
  ++(plan_.store().publish(std::move(draft), publication) ? counters.published : counters.dropped);
}

}  // namespace memo
