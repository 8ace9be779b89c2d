#include "model/memo/map_publisher.h"

namespace memo {

void MapPublisher::publish(const LayerInput& input, const Sequences& sequences, const at::Tensor& maps,
                           float cost_us) const {
  if (!plan_.store().available()) {
    input.counters.dropped += sequences.size();
    return;
  }
  {
    const PartTimer timer(input.seconds.embed);
    input.features.make(sequences);
  }
  const PartTimer timer(input.seconds.publish);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const at::Tensor map = maps[static_cast<std::int64_t>(i)];
    const bool handed_over = publish_one(input, sequences[i], map, cost_us).is_ok();
    ++(handed_over ? input.counters.published : input.counters.dropped);
  }
}

Status MapPublisher::publish_one(const LayerInput& input, std::int64_t sequence, const at::Tensor& map,
                                 float cost_us) const {
  const MapShape shape = plan_.map_shape(input.length(sequence));
  Result<Draft> draft = plan_.store().draft(*plan_.space(), shape.payload_bytes());
  if (!draft) return draft.status();
  // Columns of padding are zero in a masked map, and are left out with the rows.
  encode_map(map.data_ptr<float>(), static_cast<std::size_t>(map.stride(0)),
             static_cast<std::size_t>(map.stride(1)), shape, draft->payload);
  Publication publication;
  publication.layer = static_cast<Layer>(input.layer);
  publication.key = input.lineage(sequence).key(publication.layer);
  publication.feature = input.features.of(sequence);
  publication.length = shape.length;
  publication.cost_us = cost_us;
  return plan_.store().publish(std::move(*draft), publication);
}

}  // namespace memo
