#include "model/tuning/measure/similarity_probe.h"

#include <ATen/ATen.h>

#include <numeric>

#include "model/engine/process.h"
#include "model/memo/lineage.h"
#include "model/memo/map_blend.h"
#include "model/memo/map_finder.h"
#include "model/tuning/measure/map_similarity.h"

namespace memo {
namespace {

// A key that no text has, so that lookups find maps by similarity only.
constexpr Key kNoKey{1, 1};
constexpr float kAnyDistance = 1e5f;
constexpr std::uint32_t kBlended = 4;  // neighbours

std::vector<std::int64_t> all_layers(std::size_t count) {
  std::vector<std::int64_t> layers(count);
  std::iota(layers.begin(), layers.end(), 0);
  return layers;
}

}  // namespace

void SimilarityProbe::Sum::add(const at::Tensor& similarities) {
  of_heads = of_heads.defined() ? of_heads + similarities : similarities;
  ++texts;
}

double SimilarityProbe::Sum::mean(std::int64_t head) const {
  return texts == 0 ? 0 : of_heads[head].item<double>() / texts;
}

SimilarityProbe::SimilarityProbe(TextModel& model, const std::vector<at::Tensor>& averages)
    : model_(model), averages_(averages), layers_(averages.size()) {}

void SimilarityProbe::remember(const TextList& stored) {
  stored_ = &stored;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer)
    for (std::size_t i = 0; i < stored.size(); ++i)
      layers_[layer].stored_at.emplace(Lineage::of_tokens(stored[i]->tokens).key(static_cast<Layer>(layer)), i);
}

void SimilarityProbe::look_up(std::size_t layer, const LayerStates& input) {
  const std::size_t batch = input.layout.sequences();
  matches_ = Matches(batch * kBlended);
  const PartTimer timer(layers_[layer].lookup_s);
  FeatureTable features(model_.plan()->embedder(layer), batch);
  Sequences sequences(batch);
  std::iota(sequences.begin(), sequences.end(), 0);
  features.make(input, sequences);
  std::vector<LookupItem> items;
  for (std::size_t i = 0; i < batch; ++i) items.push_back({kNoKey, features.of(i), input.length(i)});
  LookupRequest request;
  request.space = *model_.plan()->space(layer);
  request.layer = static_cast<Layer>(layer);
  request.max_distance = kAnyDistance;
  request.neighbours = kBlended;
  request.items = items;
  const PartTimer search(layers_[layer].search_s);
  const Status found = model_.plan()->store().lookup(request, matches_);
  if (!found && failure_) failure_ = found;
}

std::optional<at::Tensor> SimilarityProbe::map_of(std::size_t layer, const Match& match,
                                                  std::int64_t length) const {
  const MapShape shape = model_.plan()->map_shape(layer, match.length);
  if (!is_readable_map(match, shape, static_cast<std::uint32_t>(length))) return std::nullopt;
  at::Tensor map = at::empty({shape.heads, match.length, match.length});
  decode_map(match.view.payload(), shape, {map.data_ptr<float>(), static_cast<std::size_t>(map.numel())});
  if (!match.view.intact()) return std::nullopt;
  return cropped(map, length);
}

void SimilarityProbe::compare(std::size_t layer, std::size_t sequence, const at::Tensor& map) {
  layers_[layer].fixed.add(head_similarities(map, cropped(averages_[layer], map.size(1))));
  compare_nearest(layer, sequence, map);
  compare_random(layer, map);
}

void SimilarityProbe::compare_nearest(std::size_t layer, std::size_t sequence, const at::Tensor& map) {
  const std::optional<Match>& match = matches_[sequence * kBlended];
  if (!match) return;
  LayerSums& sums = layers_[layer];
  const auto place = sums.stored_at.find(match->key);
  const std::optional<at::Tensor> stored = map_of(layer, *match, map.size(1));
  if (place == sums.stored_at.end() || !stored) return;
  const at::Tensor similarities = head_similarities(map, *stored).contiguous();
  sums.nearest.add(similarities);
  NearestMap nearest{first_ + sequence, place->second, match->distance, {}};
  nearest.similarity.assign(similarities.data_ptr<double>(),
                            similarities.data_ptr<double>() + similarities.numel());
  sums.nearest_maps.push_back(std::move(nearest));
  if (const auto blend = blend_of(layer, sequence, map.size(1))) sums.blend.add(head_similarities(map, *blend));
}

std::optional<at::Tensor> SimilarityProbe::blend_of(std::size_t layer, std::size_t sequence,
                                                    std::int64_t length) const {
  std::vector<at::Tensor> maps;
  std::vector<float> distances;
  for (std::size_t i = 0; i < kBlended; ++i) {
    const std::optional<Match>& match = matches_[sequence * kBlended + i];
    if (!match) break;
    const std::optional<at::Tensor> map = map_of(layer, *match, length);
    if (!map) return std::nullopt;
    maps.push_back(*map);
    distances.push_back(match->distance);
  }
  const std::vector<std::uint32_t> parts = blend_weights(distances);
  at::Tensor blend = at::zeros_like(maps.front());
  for (std::size_t i = 0; i < maps.size(); ++i) blend.add_(maps[i], static_cast<double>(parts[i]) / kBlendParts);
  return blend;
}

void SimilarityProbe::compare_random(std::size_t layer, const at::Tensor& map) {
  const Tokens& tokens = (*stored_)[random_() % stored_->size()]->tokens;
  if (static_cast<std::int64_t>(tokens.size()) < map.size(1)) return;
  const Result<std::optional<Match>> match =
      stored_map(layer, Lineage::of_tokens(tokens).key(static_cast<Layer>(layer)));
  if (!match || !*match) return;
  if (const auto stored = map_of(layer, **match, map.size(1)))
    layers_[layer].random.add(head_similarities(map, *stored));
}

Result<std::optional<Match>> SimilarityProbe::stored_map(std::size_t layer, const Key& key) {
  const LookupItem item{key, {}, 0};
  std::optional<Match> match;
  LookupRequest request;
  request.space = *model_.plan()->space(layer);
  request.layer = static_cast<Layer>(layer);
  request.items = {&item, 1};
  MEMO_RETURN_IF_ERROR(model_.plan()->store().lookup(request, {&match, 1}));
  return match;
}

Result<ProbeResult> SimilarityProbe::run(const TextList& stored, const TextList& probed, std::size_t batch,
                                         const Advance& advance) {
  MEMO_RETURN_IF_ERROR(model_.plan()->space_status());
  const std::size_t all = stored.size() + probed.size();
  run_texts(model_.engine(), model_.attention(), stored, batch,
            [&](std::size_t done, std::size_t) { advance(done, all); });
  return ask(stored, probed, batch, [&](std::size_t done, std::size_t) { advance(stored.size() + done, all); });
}

Result<ProbeResult> SimilarityProbe::ask(const TextList& stored, const TextList& probed, std::size_t batch,
                                         const Advance& advance) {
  MEMO_RETURN_IF_ERROR(model_.plan()->space_status());
  remember(stored);
  MapObserver observer(
      model_.engine().checkpoint().config, all_layers(layers_.size()),
      {[this](std::size_t layer, const LayerStates& input) { look_up(layer, input); },
       [this](std::size_t layer, std::size_t sequence, const at::Tensor& map) { compare(layer, sequence, map); }});
  run_texts(model_.engine(), &observer, probed, batch, [&](std::size_t done, std::size_t of) {
    first_ = done;
    release_freed_memory();
    advance(done, of);
  });
  matches_.clear();
  if (!failure_) return failure_;
  ProbeResult result = this->result();
  for (auto* times : {&result.lookup_us, &result.search_us})
    for (double& us : *times) us /= static_cast<double>(probed.size());
  return result;
}

ProbeResult SimilarityProbe::result() const {
  ProbeResult result;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const LayerSums& sums = layers_[layer];
    for (std::int64_t head = 0; head < averages_[layer].size(0); ++head)
      result.similarities.push_back({static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(head),
                                     sums.fixed.mean(head), sums.nearest.mean(head), sums.blend.mean(head),
                                     sums.random.mean(head)});
    result.nearest.push_back(sums.nearest_maps);
    result.lookup_us.push_back(1e6 * sums.lookup_s);
    result.search_us.push_back(1e6 * sums.search_s);
  }
  return result;
}

}  // namespace memo
