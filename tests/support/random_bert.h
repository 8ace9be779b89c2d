// A small BERT with random weights, for tests that need a model but no particular one.
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "embed/training/torch_tensor.h"
#include "model/checkpoint/checkpoint.h"

namespace memo::test {

// Three layers, two heads of 32, sequences of up to 64 tokens of 100.
inline Checkpoint random_bert(std::uint64_t seed = 1) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto random = [&](at::IntArrayRef shape, double deviation) {
    return from_torch(at::randn(shape, generator, at::kFloat) * deviation);
  };
  Checkpoint bert;
  bert.config.vocabulary = 100;
  bert.config.hidden = 64;
  bert.config.layers = 3;
  bert.config.heads = 2;
  bert.config.intermediate = 96;
  bert.config.max_positions = 64;
  bert.config.token_types = 2;
  const std::int64_t hidden = bert.config.hidden;
  const auto linear = [&](std::int64_t out, std::int64_t in) {
    return LinearWeights{random({out, in}, 0.15), random({out}, 0.05)};
  };
  const auto norm = [&] {
    LayerNormWeights weights{random({hidden}, 0.05), random({hidden}, 0.05)};
    for (float& weight : weights.weight.elements()) weight += 1;
    return weights;
  };
  bert.word_embeddings = random({bert.config.vocabulary, hidden}, 1);
  bert.position_embeddings = random({bert.config.max_positions, hidden}, 0.3);
  bert.token_type_embeddings = random({bert.config.token_types, hidden}, 0.1);
  bert.embedding_norm = norm();
  for (std::int64_t i = 0; i < bert.config.layers; ++i)
    bert.layers.push_back({linear(3 * hidden, hidden),
                           linear(hidden, hidden),
                           norm(),
                           linear(bert.config.intermediate, hidden),
                           linear(hidden, bert.config.intermediate),
                           norm(),
                           {},
                           {},
                           {}});
  bert.fingerprint = {seed, 0x7e57};
  return bert;
}

}  // namespace memo::test
