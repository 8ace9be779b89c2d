// Any checkpoint computed in double precision from the published formulas, one sequence at a time: slow, short,
// and with nothing shared with the engine.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "embed/training/torch_tensor.h"
#include "model/checkpoint/checkpoint.h"

namespace memo::test {

struct ReferenceOutput {
  at::Tensor states;             // [length, hidden], f64 as everything here
  std::vector<at::Tensor> maps;  // of each layer, [heads, length, length]
  at::Tensor logits;             // [labels] of a classification, [vocabulary] of a next token, else undefined
};

class ReferenceModel {
 public:
  // Lifetime: checkpoint outlives this.
  explicit ReferenceModel(const Checkpoint& checkpoint) : checkpoint_(checkpoint), config_(checkpoint.config) {}

  ReferenceOutput run(const std::vector<std::int32_t>& ids) const {
    ReferenceOutput output;
    at::Tensor x = embed(at::tensor(ids, at::kLong));
    for (const LayerWeights& layer : checkpoint_.layers) x = run_layer(layer, x, output.maps);
    output.states = norm(x, checkpoint_.final_norm);
    output.logits = logits(output.states);
    return output;
  }

 private:
  static at::Tensor exact(const Tensor& tensor) { return to_torch(tensor).to(at::kDouble); }
  static at::Tensor linear(const at::Tensor& x, const LinearWeights& weights) {
    const at::Tensor product = at::matmul(x, exact(weights.weight).t());
    return weights.bias.defined() ? product + exact(weights.bias) : product;
  }

  at::Tensor norm(const at::Tensor& x, const LayerNormWeights& weights) const {
    if (!weights.weight.defined()) return x;
    const at::Tensor centred = x - x.mean(-1, true);
    const at::Tensor variance = (centred * centred).mean(-1, true);
    return centred / at::sqrt(variance + config_.layer_norm_epsilon) * exact(weights.weight) + exact(weights.bias);
  }

  static at::Tensor activate(const at::Tensor& x, Activation activation) {
    switch (activation) {
      case Activation::gelu_erf:
        return x * 0.5 * (1 + at::erf(x / std::sqrt(2.0)));
      case Activation::gelu_tanh:
        return x * 0.5 * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
      case Activation::relu:
        return at::relu(x);
      case Activation::tanh:
        return at::tanh(x);
    }
    return {};
  }

  // [length] -> [length, hidden]
  at::Tensor embed(const at::Tensor& ids) const {
    at::Tensor x = exact(checkpoint_.word_embeddings).index_select(0, ids);
    if (checkpoint_.position_embeddings.defined())
      x = x + exact(checkpoint_.position_embeddings).index_select(0, position_rows(ids));
    if (checkpoint_.token_type_embeddings.defined()) x = x + exact(checkpoint_.token_type_embeddings)[0];
    return norm(x, checkpoint_.embedding_norm);
  }

  // Padding has the row of its id, every other token the next one from position_offset.
  at::Tensor position_rows(const at::Tensor& ids) const {
    const at::Tensor counted = ids.ne(config_.padding_id).to(at::kLong);
    const at::Tensor places = counted.cumsum(0) - 1 + config_.position_offset;
    return at::where(counted.to(at::kBool), places,
                     at::full_like(places, std::max<std::int64_t>(config_.padding_id, 0)));
  }

  at::Tensor run_layer(const LayerWeights& layer, const at::Tensor& x, std::vector<at::Tensor>& maps) const {
    const bool before = config_.norm_placement == NormPlacement::before;
    const auto half = [&](const at::Tensor& in, const LayerNormWeights& weights, const auto& compute) {
      return before ? in + compute(norm(in, weights)) : norm(in + compute(in), weights);
    };
    const at::Tensor attended = half(x, layer.attention_norm, [&](const at::Tensor& in) {
      return linear(attend(layer, in, maps), layer.attention_output);
    });
    return half(attended, layer.feed_forward_norm, [&](const at::Tensor& in) {
      return linear(activate(linear(in, layer.feed_forward_in), config_.activation), layer.feed_forward_out);
    });
  }

  // [rows, hidden] -> [heads, rows, head_dim]
  at::Tensor split_heads(const at::Tensor& x) const {
    return x.reshape({x.size(0), config_.heads, config_.head_dim()}).transpose(0, 1);
  }

  // [length, hidden] -> [length, hidden]
  at::Tensor attend(const LayerWeights& layer, const at::Tensor& x, std::vector<at::Tensor>& maps) const {
    const std::vector<at::Tensor> parts = linear(x, layer.qkv).chunk(3, -1);
    at::Tensor scores = scores_of(layer, split_heads(parts[0]), split_heads(parts[1]));
    if (config_.causal) scores = scores + at::full_like(scores, -INFINITY).triu(1);
    maps.push_back(at::softmax(scores, -1));
    return at::matmul(maps.back(), split_heads(parts[2])).transpose(0, 1).reshape_as(x);
  }

  // query, key [heads, length, head_dim] -> [heads, length, length]
  at::Tensor scores_of(const LayerWeights& layer, const at::Tensor& query, const at::Tensor& key) const {
    const RelativePositions& relative = config_.relative;
    at::Tensor scores = at::matmul(query, key.transpose(1, 2));
    // The distance is query - key: with keys as rows its sign turns, and the product is transposed.
    if (relative.content_to_position) scores = scores + distance_scores(query, exact(layer.position_keys), 1);
    if (relative.position_to_content)
      scores = scores + distance_scores(key, exact(layer.position_queries), -1).transpose(1, 2);
    const int terms = 1 + relative.content_to_position + relative.position_to_content;
    scores = scores / std::sqrt(static_cast<double>(config_.head_dim()) * terms);
    return layer.position_biases.defined() ? scores + biases_of(exact(layer.position_biases), query.size(1))
                                           : scores;
  }

  // table [buckets, heads] -> [heads, length, length]
  at::Tensor biases_of(const at::Tensor& table, std::int64_t length) const {
    at::Tensor rows = at::empty({length, length}, at::kLong);
    for (std::int64_t i = 0; i < length; ++i)
      for (std::int64_t j = 0; j < length; ++j) rows[i][j] = config_.distance_buckets.of(i - j);
    return table.t().index_select(1, rows.view(-1)).view({config_.heads, length, length});
  }

  // x [heads, length, head_dim] -> [heads, length, length]: [a, b] is x[a] times the table's row of the distance
  // sign * (a - b).
  at::Tensor distance_scores(const at::Tensor& x, const at::Tensor& table, std::int64_t sign) const {
    const std::int64_t length = x.size(1);
    const at::Tensor products = at::matmul(x, split_heads(table).transpose(1, 2));
    at::Tensor rows = at::empty({length, length}, at::kLong);
    for (std::int64_t i = 0; i < length; ++i)
      for (std::int64_t j = 0; j < length; ++j) rows[i][j] = config_.relative.row(sign * (i - j));
    return products.gather(-1, rows.expand({config_.heads, length, length}));
  }

  at::Tensor logits(const at::Tensor& states) const {
    if (config_.task == Task::next_token) return linear(states[-1], {checkpoint_.next_token, {}});
    if (config_.task != Task::classification) return {};
    const ClassificationHead& head = checkpoint_.classification;
    at::Tensor pooled = config_.causal ? states[-1] : states[0];
    if (head.dense.weight.defined()) pooled = activate(linear(pooled, head.dense), head.activation);
    return linear(pooled, head.out);
  }

  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
};

}  // namespace memo::test
