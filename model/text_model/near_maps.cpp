#include "model/text_model/near_maps.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>

#include "model/memo/feature_table.h"
#include "model/memo/map_finder.h"
#include "model/memo/memo_plan.h"

namespace memo {
namespace {

// Makes room for the map, with zeros before the rows, where an encoder leaves a gap.
void make_payload(NearMap& map) {
  map.payload = Tensor::empty({static_cast<std::int64_t>(map.shape.payload_bytes())}, ElementType::u8);
  std::ranges::fill(map.bytes().first(map.shape.prefix_bytes()), std::byte{0});
}

// Computes every head that looks up, keeps its map, and asks the store for maps near it.
class NearMapSource : public AttentionSource {
 public:
  NearMapSource(const MemoPlan& plan, std::uint32_t neighbours) : plan_(plan), neighbours_(neighbours) {}

  Result<std::vector<LayerNearMaps>> take() {
    MEMO_RETURN_IF_ERROR(status_);
    return std::move(layers_);
  }

  void begin([[maybe_unused]] TokenSequences batch) override { assert(batch.size() == 1); }

  LayerAttention prepare(std::size_t layer, const LayerStates& input) override {
    LayerAttention attention;
    attention.modes = plan_.modes(layer);
    attention.sequences.resize(1);
    if (plan_.has(layer, HeadMode::fixed))
      attention.fixed = attention.fixed_copy = {plan_.fixed_map(layer).payload, plan_.fixed_map_shape()};
    if (!plan_.has(layer, HeadMode::lookup) || !status_) return attention;
    LayerNearMaps& found = layers_.emplace_back(describe(layer, input.length(0)));
    attention.sequences[0].keep = found.own.bytes();
    attention.sequences[0].keep_shape = found.own.shape;
    status_ = search(input, found);
    return attention;
  }

  bool intact(std::size_t) const override { return true; }
  void finish(std::size_t, std::span<const SequenceOutcome>) override {}

 private:
  LayerNearMaps describe(std::size_t layer, std::uint32_t length) const {
    LayerNearMaps found;
    found.layer = layer;
    found.max_distance = plan_.layer(layer).max_distance;
    const std::span<const HeadMode> modes = plan_.modes(layer);
    for (std::uint32_t head = 0; head < modes.size(); ++head)
      if (modes[head] == HeadMode::lookup) found.heads.push_back(head);
    found.own.shape = plan_.map_shape(layer, length);
    make_payload(found.own);
    return found;
  }

  // No memo has the key of this lookup, so the text's own map, where it is stored, is found as a neighbour.
  Status search(const LayerStates& input, LayerNearMaps& found) const {
    if (!plan_.space(found.layer)) return {StatusCode::unavailable, plan_.space_status().message()};
    FeatureTable features(plan_.embedder(found.layer), 1);
    features.make(input, {0});
    const LookupItem item{Key{}, features.of(0), input.length(0)};
    LookupRequest request;
    request.space = *plan_.space(found.layer);
    request.layer = static_cast<Layer>(found.layer);
    request.max_distance = std::numeric_limits<float>::infinity();
    request.items = {&item, 1};
    request.neighbours = neighbours_;
    std::vector<std::optional<Match>> matches(neighbours_);
    MEMO_RETURN_IF_ERROR(plan_.store().lookup(request, matches));
    for (const std::optional<Match>& match : matches)
      if (match) add(*match, found);
    return Status::ok();
  }

  // Leaves out memos that change while they are copied, and memos that are not readable maps.
  void add(const Match& match, LayerNearMaps& found) const {
    if (match.length > plan_.policy().length) return;
    NearMap near{match.key, match.distance, plan_.map_shape(found.layer, match.length), {}};
    if (!is_readable_map(match, near.shape, 1)) return;
    make_payload(near);
    std::ranges::copy(match.view.payload().first(near.bytes().size()), near.bytes().begin());
    if (match.view.intact()) found.near.push_back(std::move(near));
  }

  const MemoPlan& plan_;
  const std::uint32_t neighbours_;
  Status status_;
  std::vector<LayerNearMaps> layers_;
};

}  // namespace

Result<std::vector<LayerNearMaps>> find_near_maps(TextModel& model, const PairEncoding& input,
                                                  std::uint32_t neighbours) {
  if (model.plan() == nullptr || model.plan()->layers_that_look_up() == 0)
    return Status(StatusCode::unsupported,
                  "no layer of this model looks maps up: its policy keeps whole results alone");
  NearMapSource source(*model.plan(), neighbours);
  model.forward({&input, 1}, &source);
  return source.take();
}

}  // namespace memo
