#include "model/families/deberta_positions.h"

#include <fmt/format.h>

#include "embed/tensor/functions.h"
#include "model/checkpoint/weights_hasher.h"
#include "model/families/sizes.h"

namespace memo {
namespace {

void read_terms(ConfigReader& json, RelativePositions& relative) {
  for (const std::string& term : json.words("pos_att_type")) {
    relative.content_to_position = relative.content_to_position || term == "c2p";
    relative.position_to_content = relative.position_to_content || term == "p2c";
    if (term != "c2p" && term != "p2c")
      json.fail(StatusCode::unsupported, "pos_att_type", fmt::format("has {}, known are c2p and p2c", term));
  }
}

// Logarithmic buckets need distances between the middle and the largest one.
void check_buckets(ConfigReader& json, const RelativePositions& relative) {
  if (relative.buckets == 0 || (relative.buckets > 1 && relative.max_distance - 1 > relative.buckets / 2)) return;
  json.fail(StatusCode::corrupt, "position_buckets",
            fmt::format("is {}, must be 2 to less than twice max_relative_positions, {}", relative.buckets,
                        relative.max_distance));
}

// A number; -1 and 0 stand for `fallback`.
std::int64_t read_optional_size(ConfigReader& json, const char* field, std::int64_t fallback) {
  const std::int64_t value = json.number(field, {-1, kMaxPositions, -1});
  return value > 0 ? value : fallback;
}

// -> [2 * span, hidden]
Tensor read_relative_embeddings(ConfigReader& json, TensorReader& tensors, const ModelConfig& config,
                                WeightsHasher& hasher) {
  Tensor embeddings = tensors.read("encoder.rel_embeddings.weight", {2 * config.relative.span, config.hidden});
  hasher.add(embeddings);
  const std::string norm = json.text("norm_rel_ebd", "none");
  if (norm == "none") return embeddings;
  if (norm != "layer_norm")
    json.fail(StatusCode::unsupported, "norm_rel_ebd",
              fmt::format("is \"{}\", known are none and layer_norm", norm));
  const LayerNormWeights weights = tensors.norm("encoder.LayerNorm", config.hidden);
  if (!json.status() || !tensors.status()) return {};
  hasher.add(weights);
  return layer_norm(embeddings, weights.weight, weights.bias, config.layer_norm_epsilon);
}

// Rows of the layer's own projection. part: 0 is the query's, 1 the key's.
LinearWeights shared_projection(const LinearWeights& qkv, std::int64_t part, std::int64_t hidden) {
  return {qkv.weight.narrow(part * hidden, hidden), qkv.bias.narrow(part * hidden, hidden)};
}

// The inputs for the tables of one layer.
struct TableReader {
  TensorReader& tensors;
  Tensor embeddings;  // [2 * span, hidden]
  bool shared;        // position projections are those of the content
  WeightsHasher& hasher;

  Tensor make(const LinearWeights& qkv, std::int64_t part, const std::string& name) {
    const std::int64_t hidden = embeddings.size(1);
    const LinearWeights projection =
        shared ? shared_projection(qkv, part, hidden) : tensors.linear(name, hidden, hidden);
    if (!tensors.status()) return {};
    hasher.add(projection);
    // [2 * span, hidden] x [hidden, hidden] -> [2 * span, hidden]
    return linear(embeddings, projection.weight, projection.bias);
  }
};

}  // namespace

RelativePositions read_relative_positions(ConfigReader& json, const ModelConfig& config) {
  RelativePositions relative;
  if (!json.flag("relative_attention", false)) return {};
  read_terms(json, relative);
  if (!relative.content_to_position && !relative.position_to_content) return {};
  relative.max_distance = read_optional_size(json, "max_relative_positions", config.max_positions);
  relative.buckets = read_optional_size(json, "position_buckets", 0);
  relative.span = relative.buckets > 0 ? relative.buckets : relative.max_distance;
  check_buckets(json, relative);
  return relative;
}

void read_position_tables(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint) {
  const RelativePositions& relative = checkpoint.config.relative;
  if (relative.span == 0) return;
  const bool shared = json.flag("share_att_key", false);
  WeightsHasher hasher;
  TableReader reader{tensors, read_relative_embeddings(json, tensors, checkpoint.config, hasher), shared, hasher};
  for (std::size_t i = 0; i < checkpoint.layers.size() && tensors.status() && json.status(); ++i) {
    LayerWeights& layer = checkpoint.layers[i];
    const std::string prefix = fmt::format("encoder.layer.{}.attention.self.", i);
    if (relative.content_to_position) layer.position_keys = reader.make(layer.qkv, 1, prefix + "pos_key_proj");
    if (relative.position_to_content)
      layer.position_queries = reader.make(layer.qkv, 0, prefix + "pos_query_proj");
  }
  checkpoint.position_source = hasher.digest();
}

}  // namespace memo
