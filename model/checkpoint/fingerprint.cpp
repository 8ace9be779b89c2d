#include "model/checkpoint/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <memory>
#include <string>
#include <string_view>

namespace memo {
namespace {

class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void add(const std::string& text) { XXH3_128bits_update(state_.get(), text.data(), text.size()); }
  // Nothing where the model has no such tensor; descriptions tell which there are.
  void add(const at::Tensor& tensor) {
    if (tensor.defined()) XXH3_128bits_update(state_.get(), tensor.data_ptr(), tensor.nbytes());
  }
  void add(const LinearWeights& weights) { add(weights.weight), add(weights.bias); }
  void add(const LayerNormWeights& weights) { add(weights.weight), add(weights.bias); }

  Digest digest() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {hash.high64, hash.low64};
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

// The family's own name, for what is hashed must not depend on how the enumeration is ordered.
std::string_view name_of(Family family) {
  switch (family) {
    case Family::bert:
      return "bert";
    case Family::distilbert:
      return "distilbert";
    case Family::roberta:
      return "roberta";
    case Family::deberta:
      return "deberta";
    case Family::gpt2:
      return "gpt2";
    case Family::mpnet:
      return "mpnet";
  }
  return {};
}

// Every field that changes the result; shapes are told apart here, so that the weights can follow as plain bytes.
std::string describe_sizes(const ModelConfig& config) {
  return fmt::format("{} 1 {} {} {} {} {} {} {} {:a} {}", name_of(config.family), config.vocabulary, config.hidden,
                     config.layers, config.heads, config.intermediate, config.max_positions, config.token_types,
                     config.layer_norm_epsilon, static_cast<int>(config.activation));
}

// Nothing where there are none: families without them have the digests that they always had.
std::string describe_buckets(const DistanceBuckets& buckets) {
  return buckets.count == 0 ? "" : fmt::format(" {} {}", buckets.count, buckets.max_distance);
}

std::string describe(const Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  if (config.family == Family::bert) return describe_sizes(config) + ";";
  const RelativePositions& relative = config.relative;
  return fmt::format("{} {} {} {} {} {} {} {} {} {}{};", describe_sizes(config), config.position_offset,
                     checkpoint.position_embeddings.defined(), static_cast<int>(config.norm_placement),
                     config.causal, relative.span, relative.buckets, relative.max_distance,
                     relative.content_to_position, relative.position_to_content,
                     describe_buckets(config.distance_buckets));
}

void add_layer(Hasher& hasher, const LayerWeights& layer) {
  hasher.add(layer.qkv);
  hasher.add(layer.attention_output);
  hasher.add(layer.attention_norm);
  hasher.add(layer.feed_forward_in);
  hasher.add(layer.feed_forward_out);
  hasher.add(layer.feed_forward_norm);
  hasher.add(layer.position_keys);
  hasher.add(layer.position_queries);
  hasher.add(layer.position_biases);
}

}  // namespace

Digest fingerprint_of(const Checkpoint& checkpoint) {
  Hasher hasher;
  hasher.add(describe(checkpoint));
  hasher.add(checkpoint.word_embeddings);
  hasher.add(checkpoint.position_embeddings);
  hasher.add(checkpoint.token_type_embeddings);
  hasher.add(checkpoint.embedding_norm);
  for (const LayerWeights& layer : checkpoint.layers) add_layer(hasher, layer);
  hasher.add(checkpoint.final_norm);
  return hasher.digest();
}

}  // namespace memo
