#include "model/checkpoint/fingerprint.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "model/checkpoint/weights_hasher.h"

namespace memo {
namespace {

// The family's own name: the hash must not depend on the order of the enumeration.
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

// Every field that changes the result. It includes all sizes, so that the weights can follow as plain bytes.
std::string describe_sizes(const ModelConfig& config) {
  return fmt::format("{} 1 {} {} {} {} {} {} {} {:a} {}", name_of(config.family), config.vocabulary, config.hidden,
                     config.layers, config.heads, config.intermediate, config.max_positions, config.token_types,
                     config.layer_norm_epsilon, static_cast<int>(config.activation));
}

// Empty without buckets, so that the digests of families without them stay as they were.
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

void add_layer(WeightsHasher& hasher, const LayerWeights& layer) {
  hasher.add(layer.qkv);
  hasher.add(layer.attention_output);
  hasher.add(layer.attention_norm);
  hasher.add(layer.feed_forward_in);
  hasher.add(layer.feed_forward_out);
  hasher.add(layer.feed_forward_norm);
  hasher.add(layer.position_biases);
}

}  // namespace

Digest fingerprint_of(const Checkpoint& checkpoint) {
  WeightsHasher hasher;
  hasher.add(describe(checkpoint));
  hasher.add(checkpoint.word_embeddings);
  hasher.add(checkpoint.position_embeddings);
  hasher.add(checkpoint.token_type_embeddings);
  hasher.add(checkpoint.embedding_norm);
  for (const LayerWeights& layer : checkpoint.layers) add_layer(hasher, layer);
  // Not the position tables: they are computed, and differ a little between CPUs.
  if (checkpoint.position_source) hasher.add(checkpoint.position_source->hex());
  hasher.add(checkpoint.final_norm);
  return hasher.digest();
}

}  // namespace memo
