// Small models, texts and policies for tests of calibration.
#pragma once

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/policy/codebook.h"
#include "model/policy/policy.h"
#include "tools/common/random_model/random_model.h"

namespace memo::test {

constexpr std::uint32_t kTextLength = 24;

inline Checkpoint small_model(Family family = Family::bert) {
  RandomModel options;
  options.family = family;
  options.hidden = 32;
  options.intermediate = 48;
  options.heads = 4;
  options.max_positions = 64;
  return random_checkpoint(options).value();
}

// Of 8 to kTextLength tokens. Tokens of a text are few and repeat, so that there is something to learn.
inline std::vector<std::vector<std::int32_t>> random_texts(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::uint32_t> length(8, kTextLength);
  std::uniform_int_distribution<std::int32_t> topic(0, 8);
  std::uniform_int_distribution<std::int32_t> token(0, 11);
  std::vector<std::vector<std::int32_t>> texts(count);
  for (auto& text : texts) {
    const std::int32_t first = 10 * topic(random);
    text.resize(length(random));
    for (std::int32_t& id : text) id = first + token(random);
  }
  return texts;
}

// Every head of these layers fixed to a map that looks at all tokens alike (of a causal model: at those before).
inline Policy fixed_policy(const Checkpoint& model, const std::string& codebook_path,
                           const std::vector<std::size_t>& layers) {
  Codebook codebook;
  codebook.add("even", uniform_map(model.config, kTextLength));
  if (const Status saved = codebook.save(codebook_path); !saved) throw std::runtime_error(saved.message());
  Policy policy;
  policy.length = kTextLength;
  policy.codebook = codebook_path;
  policy.layers.resize(model.layers.size());
  for (LayerPolicy& layer : policy.layers) layer.publish = false;
  for (const std::size_t layer : layers) {
    policy.layers[layer].mode = HeadMode::fixed;
    policy.layers[layer].map = "even";
  }
  return policy;
}

}  // namespace memo::test
