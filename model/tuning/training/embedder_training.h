// Trains an embedder for each layer of a model, and says how well it finds similar maps.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "embed/json/text_batches.h"
#include "embed/training/siamese.h"
#include "model/text/loaded_model.h"
#include "model/tuning/training/layer_samples.h"
#include "model/tuning/training/retrieval_quality.h"

namespace memo {

constexpr std::size_t kMinEmbedderTexts = 100;

struct EmbedderTraining {
  EmbedderTraining();
  // layers: empty means all; in the shape, hidden is set from the model, and segments are at most the length
  SampleOptions samples;
  SiameseOptions siamese;  // its seed also splits the texts
  double train = 0.5;      // part of the texts that is trained on (and validates)
  double queries = 0.1;    // part that is looked up, among the rest, to measure
  // Seeds seed, seed + 1, ..., each with its own split; the embedders of the first are the result.
  std::uint32_t splits = 1;
  Status validate() const;
};

struct LayerTraining {
  std::int64_t layer = 0;
  std::uint64_t seed = 0;
  std::vector<ValidationPoint> curve;
  std::uint32_t best_step = 0;
  double ridge = 0;  // see SiameseResult
  float power = 0;   // of penalties
  RetrievalQuality quality;
};

struct TrainedEmbedder {
  EmbedderSet embedders;              // one a layer of the model; the projection where a layer was not trained
  std::vector<LayerTraining> layers;  // [splits x layers], by layer and seed
  bool interrupted = false;           // the best so far
};

// stage: "reading maps" or "training"; fraction: 0 .. 1. Returning false ends the training with the best so far.
// Called by one thread at a time.
using TrainingProgress = std::function<bool(std::string_view stage, double fraction)>;

// Layers are trained in parallel, each on one thread, so that the number of threads does not change the result.
// Texts are cut to the shape's length_bucket by the caller.
// Errors: invalid_argument (too few texts, a text that is too long, a layer that the model has not), of the engine
//         and of LayerSamples.
Result<TrainedEmbedder> train_embedder(const LoadedModel& model, std::span<const Tokens> texts,
                                       EmbedderTraining options, const TrainingProgress& progress);

}  // namespace memo
