// The outputs of a model for a list of texts.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "model/engine/engine.h"
#include "model/tuning/measure/corpus.h"

namespace memo {

// In the order of the texts.
struct ModelOutputs {
  at::Tensor embeddings;  // [texts, hidden] f32, each of length 1
  at::Tensor logits;      // [texts, labels] f32; undefined unless the model classifies
};

// Of one batch. source may be null: plain. Shapes: sequences [batch], token ids without padding.
ModelOutputs run_batch(Engine& engine, AttentionSource* source, TokenSequences sequences);

// One after the other. Requires: there is at least one part.
ModelOutputs joined(const std::vector<ModelOutputs>& parts);

// Called with the number of texts done so far, and of all texts.
using Advance = std::function<void(std::size_t done, std::size_t of)>;

// Runs the texts in batches. source may be null: plain.
ModelOutputs run_texts(Engine& engine, AttentionSource* source, const TextList& texts, std::size_t batch,
                       const Advance& advance);

}  // namespace memo
