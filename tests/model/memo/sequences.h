// Random token sequences, and what an engine makes of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"

namespace memo::test {

using Sequence = std::vector<std::int32_t>;

inline Sequence random_sequence(unsigned seed, std::size_t length) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int32_t> token(0, 99);
  Sequence sequence(length);
  for (std::int32_t& id : sequence) id = token(random);
  return sequence;
}

// States of the tokens, sequence after sequence.
inline std::vector<at::Tensor> states_of(const Checkpoint& bert, const std::vector<Sequence>& sequences,
                                         AttentionSource* source, std::uint32_t threads = 1) {
  const std::unique_ptr<Engine> engine = std::move(*Engine::make(bert, {DataType::f32, threads}));
  const std::vector<TokenSequence> batch(sequences.begin(), sequences.end());
  engine->forward(batch, source);
  std::vector<at::Tensor> states;
  for (std::size_t i = 0; i < sequences.size(); ++i) states.push_back(to_torch(engine->states(i)));
  return states;
}

}  // namespace memo::test
