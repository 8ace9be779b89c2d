#include "model/engine/bert_encoder.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <c10/core/InferenceMode.h>

#include <cassert>

namespace memo {
namespace {

at::Tensor normalize(const at::Tensor& states, const LayerNormWeights& weights, double epsilon) {
  return at::layer_norm(states, {states.size(-1)}, weights.weight, weights.bias, epsilon);
}

at::Tensor linear(const at::Tensor& input, const LinearWeights& weights) {
  return at::linear(input, weights.weight, weights.bias);
}

void activate(at::Tensor& states, Activation activation) {
  switch (activation) {
    case Activation::gelu_erf:
      at::gelu_(states, "none");
      return;
    case Activation::gelu_tanh:
      at::gelu_(states, "tanh");
      return;
    case Activation::relu:
      at::relu_(states);
      return;
    case Activation::tanh:
      at::tanh_(states);
      return;
  }
}

// ids [batch, padded] -> [batch, padded, hidden]. Every token is of type 0: one text an input, not a pair.
at::Tensor embed_tokens(const BertCheckpoint& checkpoint, const at::Tensor& ids) {
  at::Tensor states = at::embedding(checkpoint.word_embeddings, ids);
  // [batch, padded, hidden] + [padded, hidden] + [hidden]
  states.add_(checkpoint.position_embeddings.narrow(0, 0, ids.size(1)));
  states.add_(checkpoint.token_type_embeddings[0]);
  return normalize(states, checkpoint.embedding_norm, checkpoint.config.layer_norm_epsilon);
}

// Everything after the attention's context. -> the layer's output [batch, padded, hidden]
at::Tensor finish_layer(const BertLayerWeights& layer, const BertConfig& config, const at::Tensor& hidden,
                        const at::Tensor& context) {
  at::Tensor attended = linear(context, layer.attention_output).add_(hidden);
  attended = normalize(attended, layer.attention_norm, config.layer_norm_epsilon);
  // [batch, padded, hidden] -> [batch, padded, intermediate] -> [batch, padded, hidden]
  at::Tensor inner = linear(attended, layer.feed_forward_in);
  activate(inner, config.activation);
  const at::Tensor output = linear(inner, layer.feed_forward_out).add_(attended);
  return normalize(output, layer.feed_forward_norm, config.layer_norm_epsilon);
}

}  // namespace

at::Tensor BertEncoder::forward(const TokenBatch& batch, Attention& attention) const {
  assert(batch.padded() <= checkpoint_.config.max_positions);
  const c10::InferenceMode guard;
  attention.begin(batch);
  at::Tensor hidden = embed_tokens(checkpoint_, batch.ids);
  for (std::size_t layer = 0; layer < checkpoint_.layers.size(); ++layer) {
    const at::Tensor context = attention.context(static_cast<std::int64_t>(layer), hidden);
    hidden = finish_layer(checkpoint_.layers[layer], checkpoint_.config, hidden, context);
  }
  return hidden;
}

}  // namespace memo
