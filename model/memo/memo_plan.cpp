#include "model/memo/memo_plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "model/memo/codebook.h"

namespace memo {
namespace {

// Of the projection that is used where the policy names no embedder. Changing it makes all its memos unfindable.
constexpr std::uint64_t kProjectionSeed = 1;
// The feature of a fixed map: so far from everything that no similarity search ever finds it.
constexpr float kNowhere = 1e6f;

Digest hash(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

Status check_policy(const BertCheckpoint& checkpoint, const Policy& policy) {
  const BertConfig& config = checkpoint.config;
  const std::string fingerprint = checkpoint.fingerprint.hex();
  if (!policy.model.empty() && policy.model != fingerprint)
    return {StatusCode::invalid_argument,
            fmt::format("the policy is for model {}, this model is {}", policy.model, fingerprint)};
  if (policy.length > config.max_positions)
    return {StatusCode::invalid_argument, fmt::format("the policy's length is {}, the model's longest is {}",
                                                      policy.length, config.max_positions)};
  if (config.head_dim() % 16 != 0 || config.head_dim() > 128)
    return {StatusCode::unsupported,
            fmt::format("heads of {} dimensions cannot be memoized, only multiples of 16 up to 128",
                        config.head_dim())};
  return Status::ok();
}

Result<Embedder> make_embedder(const BertConfig& config, const Policy& policy) {
  if (!policy.embedder.empty()) return Embedder::load(policy.embedder);
  EmbedderShape shape;
  shape.hidden = static_cast<std::uint32_t>(config.hidden);
  shape.length_bucket = policy.length;
  shape.segments = std::min(shape.segments, policy.length);
  return Embedder::projection(shape, kProjectionSeed);
}

Status check_embedder(const Embedder& embedder, const BertConfig& config, const Policy& policy) {
  const EmbedderShape& shape = embedder.shape();
  if (shape.hidden == config.hidden && shape.length_bucket == policy.length) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("{}: made for hidden size {} and length {}, the model and the policy have {} and {}",
                      policy.embedder, shape.hidden, shape.length_bucket, config.hidden, policy.length)};
}

std::shared_ptr<std::byte> aligned_bytes(std::size_t bytes) {
  void* memory = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (memory == nullptr) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), std::free};
}

FixedMap encode_fixed_map(const at::Tensor& map, MapShape shape) {
  FixedMap fixed;
  fixed.memory = aligned_bytes(shape.payload_bytes());
  const std::span<std::byte> payload(fixed.memory.get(), shape.payload_bytes());
  encode_map(map.data_ptr<float>(), std::size_t{shape.length} * shape.length, shape.length, shape, payload);
  fixed.payload = payload;
  fixed.key = hash(payload);
  return fixed;
}

}  // namespace

MemoPlan::MemoPlan(const BertCheckpoint& checkpoint, Policy policy, Embedder embedder, MemoStore& store)
    : checkpoint_(checkpoint),
      policy_(std::move(policy)),
      embedder_(std::move(embedder)),
      store_(store),
      heads_(static_cast<std::uint32_t>(checkpoint.config.heads)),
      offered_(policy_.layers.size()) {}

Result<std::unique_ptr<MemoPlan>> MemoPlan::make(const BertCheckpoint& checkpoint, Policy policy,
                                                 MemoStore& store) {
  MEMO_RETURN_IF_ERROR(check_policy(checkpoint, policy));
  Result<Embedder> embedder = make_embedder(checkpoint.config, policy);
  if (!embedder) return embedder.status();
  MEMO_RETURN_IF_ERROR(check_embedder(*embedder, checkpoint.config, policy));
  std::unique_ptr<MemoPlan> plan(new MemoPlan(checkpoint, std::move(policy), std::move(*embedder), store));
  MEMO_RETURN_IF_ERROR(plan->load_fixed_maps());
  plan->open_space();
  return plan;
}

Status MemoPlan::load_fixed_maps() {
  std::vector<std::string> names;
  for (const LayerPolicy& layer : policy_.layers)
    if (layer.mode == LayerMode::fixed) names.push_back(layer.map);
  if (names.empty()) return Status::ok();
  const MapShape shape = map_shape(policy_.length);
  const Result<Codebook> codebook = Codebook::load(policy_.codebook, names, shape);
  if (!codebook) return codebook.status();
  for (std::size_t i = 0; i < policy_.layers.size(); ++i) {
    const LayerPolicy& layer = policy_.layers[i];
    if (layer.mode == LayerMode::fixed)
      fixed_maps_[static_cast<std::int64_t>(i)] = encode_fixed_map(codebook->map(layer.map), shape);
  }
  return Status::ok();
}

void MemoPlan::open_space() {
  const Digest fingerprints[] = {checkpoint_.fingerprint, embedder_.fingerprint()};
  SpaceSpec spec;
  spec.model = hash(std::as_bytes(std::span(fingerprints)));
  spec.length_bucket = policy_.length;
  spec.heads = heads_;
  spec.feature_dimension = embedder_.shape().feature_dimension;
  spec.payload_bytes = map_shape(policy_.length).payload_bytes();
  const Result<SpaceId> space = store_.open_space(spec);
  space_status_ = space.status();
  if (space) space_ = *space;
}

void MemoPlan::offer_fixed_map(std::int64_t layer) {
  if (!space_ || offered_[static_cast<std::size_t>(layer)].exchange(true)) return;
  const FixedMap& fixed = fixed_map(layer);
  Result<Draft> draft = store_.draft(*space_, fixed.payload.size());
  if (!draft) return;
  std::memcpy(draft->payload.data(), fixed.payload.data(), fixed.payload.size());
  const std::vector<float> feature(embedder_.shape().feature_dimension, kNowhere);
  Publication publication;
  publication.layer = static_cast<Layer>(layer);
  publication.key = fixed.key;
  publication.feature = feature;
  publication.length = policy_.length;
  // A publish that fails leaves the copy in this process, which serves as well.
  (void)store_.publish(std::move(*draft), publication);
}

}  // namespace memo
