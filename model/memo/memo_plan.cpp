#include "model/memo/memo_plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "embed/tensor/aligned_bytes.h"
#include "embed/tensor/hasher.h"
#include "model/policy/codebook.h"

namespace memo {
namespace {

// The seed of the projection that is used where the policy names no embedder. After a change, memos that were
// published with the old seed are no longer found.
constexpr std::uint64_t kProjectionSeed = 1;

Digest hash(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

Status check_policy(const Checkpoint& checkpoint, const Policy& policy) {
  const ModelConfig& config = checkpoint.config;
  const std::string fingerprint = checkpoint.published_fingerprint().hex();
  if (!policy.model.empty() && policy.model != fingerprint)
    return {StatusCode::invalid_argument,
            fmt::format("the policy is for model {}, this model is {}", policy.model, fingerprint)};
  if (!policy.calibration.empty() && !checkpoint.calibrated_from)
    return {StatusCode::invalid_argument,
            fmt::format("{}: the policy is for the calibrated model, this one is not", policy.calibration)};
  if (policy.length > config.max_positions)
    return {StatusCode::invalid_argument, fmt::format("the policy's length is {}, the model's longest is {}",
                                                      policy.length, config.max_positions)};
  return Status::ok();
}

Result<EmbedderSet> make_embedders(const ModelConfig& config, const Policy& policy) {
  if (!policy.embedder.empty()) return EmbedderSet::load(policy.embedder);
  EmbedderShape shape;
  shape.hidden = static_cast<std::uint32_t>(config.hidden);
  shape.length_bucket = policy.length;
  shape.segments = std::min(shape.segments, policy.length);
  MEMO_ASSIGN_OR_RETURN(Embedder projection, Embedder::projection(shape, kProjectionSeed));
  return EmbedderSet::shared(std::move(projection));
}

Status check_embedders(const EmbedderSet& embedders, const ModelConfig& config, const Policy& policy) {
  if (!embedders.covers(policy.layers.size()))
    return {StatusCode::invalid_argument, fmt::format("{}: made for {} layers, the model has {}", policy.embedder,
                                                      embedders.layers(), policy.layers.size())};
  for (std::size_t layer = 0; layer < embedders.layers(); ++layer)
    if (const auto& penalty = embedders.of(layer).penalty; penalty && penalty->average.size(0) != config.heads)
      return {StatusCode::invalid_argument,
              fmt::format("{}: the average map of layer {} has {} heads, the model has {}", policy.embedder, layer,
                          penalty->average.size(0), config.heads)};
  const EmbedderShape& shape = embedders.shape();
  if (shape.hidden == config.hidden && shape.length_bucket == policy.length) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("{}: made for hidden size {} and length {}, the model and the policy have {} and {}",
                      policy.embedder, shape.hidden, shape.length_bucket, config.hidden, policy.length)};
}

PayloadEncoding stored_encoding(MapEncoding encoding) {
  switch (encoding) {
    case MapEncoding::u8:
      return PayloadEncoding::u8_row_scaled;
    case MapEncoding::f16:
      return PayloadEncoding::f16;
    case MapEncoding::f32:
      return PayloadEncoding::f32;
  }
  return PayloadEncoding::u8_row_scaled;
}

AdmissionRules admission_rules(const Policy& policy) {
  AdmissionRules rules;
  rules.everything = policy.selection == Selection::fixed;
  return rules;
}

FixedMap encode_fixed_map(const Tensor& map, MapShape shape) {
  FixedMap fixed;
  fixed.memory = aligned_bytes(shape.payload_bytes());
  const std::span<std::byte> payload(fixed.memory.get(), shape.payload_bytes());
  encode_map(map.data_ptr<float>(), std::size_t{shape.length} * shape.length, shape.length, shape, payload);
  fixed.payload = payload;
  fixed.key = hash(payload);
  return fixed;
}

}  // namespace

MemoPlan::MemoPlan(const Checkpoint& checkpoint, DataType type, Policy policy, EmbedderSet embedders,
                   MemoStore& store)
    : checkpoint_(checkpoint),
      type_(type),
      policy_(std::move(policy)),
      embedders_(std::move(embedders)),
      store_(store),
      admission_(admission_rules(policy_)),
      heads_(static_cast<std::uint32_t>(checkpoint.config.heads)),
      nowhere_(embedders_.shape().feature_dimension, kNowhere),
      offered_(policy_.layers.size()) {}

Result<std::unique_ptr<MemoPlan>> MemoPlan::make(const Checkpoint& checkpoint, DataType type, Policy policy,
                                                 MemoStore& store) {
  MEMO_RETURN_IF_ERROR(check_policy(checkpoint, policy));
  MEMO_ASSIGN_OR_RETURN(EmbedderSet embedders, make_embedders(checkpoint.config, policy));
  MEMO_RETURN_IF_ERROR(check_embedders(embedders, checkpoint.config, policy));
  std::unique_ptr<MemoPlan> plan(new MemoPlan(checkpoint, type, std::move(policy), std::move(embedders), store));
  MEMO_RETURN_IF_ERROR(plan->read_modes());
  MEMO_RETURN_IF_ERROR(plan->load_fixed_maps());
  MEMO_RETURN_IF_ERROR(plan->policy().check_digests());  // all its files have been read
  plan->read_penalties();
  plan->open_spaces();
  return plan;
}

Status MemoPlan::read_modes() {
  for (std::size_t i = 0; i < policy_.layers.size(); ++i) {
    Result<std::vector<HeadMode>> modes = policy_.layers[i].head_modes(heads_);
    if (!modes) return {modes.status().code(), fmt::format("policy, layer {}: {}", i, modes.status().message())};
    if (!policy_.kinds.map) std::ranges::replace(*modes, HeadMode::lookup, HeadMode::compute);
    modes_.push_back(std::move(*modes));
  }
  return Status::ok();
}

std::uint32_t MemoPlan::count(std::size_t layer, HeadMode mode) const {
  return static_cast<std::uint32_t>(std::count(modes_[layer].begin(), modes_[layer].end(), mode));
}

bool MemoPlan::has(std::size_t layer, HeadMode mode) const {
  return count(layer, mode) > 0;
}

std::size_t MemoPlan::layers_that_look_up() const {
  std::size_t layers = 0;
  for (std::size_t i = 0; i < modes_.size(); ++i) layers += has(i, HeadMode::lookup) ? 1 : 0;
  return layers;
}

MapShape MemoPlan::map_shape(std::size_t layer, std::uint32_t length) const {
  return {count(layer, HeadMode::lookup), length, policy_.encoding};
}

Status MemoPlan::load_fixed_maps() {
  std::vector<std::string> names;
  for (const LayerPolicy& layer : policy_.layers)
    if (layer.has_fixed_heads()) names.push_back(layer.map);
  if (names.empty()) return Status::ok();
  const MapShape shape = fixed_map_shape();
  MEMO_ASSIGN_OR_RETURN(const Codebook codebook, Codebook::load(policy_.codebook, names, shape));
  for (std::size_t i = 0; i < policy_.layers.size(); ++i)
    if (policy_.layers[i].has_fixed_heads())
      fixed_maps_[i] = encode_fixed_map(codebook.map(policy_.layers[i].map), shape);
  return Status::ok();
}

Digest MemoPlan::fixed_maps_digest() const {
  if (fixed_maps_.empty()) return {};
  Hasher hasher;
  hasher.add(fmt::format("{} tokens, {};", policy_.length, to_string(policy_.encoding)));
  for (const auto& [layer, map] : fixed_maps_) {
    hasher.add(fmt::format("layer {}:", layer));
    for (const HeadMode mode : modes_[layer]) hasher.add(mode == HeadMode::fixed ? "f" : "c");
    hasher.add(map.key.hex());
  }
  return hasher.digest();
}

bool MemoPlan::reads_maps() const {
  for (std::size_t layer = 0; layer < modes_.size(); ++layer)
    if (has(layer, HeadMode::lookup) || has(layer, HeadMode::fixed)) return true;
  return false;
}

void MemoPlan::read_penalties() {
  for (std::size_t i = 0; i < modes_.size(); ++i)
    if (const auto& penalty = embedders_.of(i).penalty; penalty && has(i, HeadMode::lookup))
      penalties_.emplace(i, LayerPenalty(*penalty, modes_[i]));
}

void MemoPlan::open_spaces() {
  spaces_.resize(modes_.size());
  std::map<std::vector<HeadMode>, std::optional<SpaceId>> opened;
  for (std::size_t i = 0; i < modes_.size(); ++i) {
    if (!has(i, HeadMode::lookup)) continue;
    if (!opened.contains(modes_[i])) opened[modes_[i]] = open_space(modes_[i]);
    spaces_[i] = opened[modes_[i]];
  }
  if (!fixed_maps_.empty()) fixed_space_ = open_space(std::vector<HeadMode>(heads_, HeadMode::lookup));
}

// One space for each model, set of embedders, number format, and set of heads that its maps hold.
std::optional<SpaceId> MemoPlan::open_space(const std::vector<HeadMode>& modes) {
  std::vector<std::uint8_t> identity;
  for (const Digest& digest : {checkpoint_.fingerprint, embedders_.fingerprint()}) {
    const auto bytes = std::as_bytes(std::span(&digest, 1));
    for (const std::byte byte : bytes) identity.push_back(static_cast<std::uint8_t>(byte));
  }
  identity.push_back(static_cast<std::uint8_t>(type_));
  MapShape shape = fixed_map_shape();
  shape.heads = 0;
  for (const HeadMode mode : modes) {
    identity.push_back(mode == HeadMode::lookup ? 1 : 0);
    shape.heads += mode == HeadMode::lookup ? 1 : 0;
  }
  SpaceSpec spec;
  spec.model = hash(std::as_bytes(std::span(identity)));
  spec.encoding = stored_encoding(policy_.encoding);
  spec.length_bucket = policy_.length;
  spec.heads = shape.heads;
  spec.feature_dimension = embedders_.shape().feature_dimension;
  spec.payload_bytes = shape.payload_bytes();
  const Result<SpaceId> space = store_.open_space(spec);
  if (!space) {
    space_status_ = space.status();
    return std::nullopt;
  }
  return *space;
}

void MemoPlan::offer_fixed_map(std::size_t layer) {
  if (!fixed_space_ || offered_[layer].exchange(true)) return;
  const FixedMap& fixed = fixed_map(layer);
  Result<Draft> draft = store_.draft(*fixed_space_, fixed.payload.size());
  if (!draft) return;
  std::memcpy(draft->payload.data(), fixed.payload.data(), fixed.payload.size());
  Publication publication;
  publication.layer = static_cast<Layer>(layer);
  publication.key = fixed.key;
  publication.feature = nowhere_;
  publication.length = policy_.length;
  // If publishing fails, the copy in this process serves as well.
  (void)store_.publish(std::move(*draft), publication);
}

}  // namespace memo
