#include "model/tuning/search/embedder_fit.h"

#include <algorithm>

#include "model/tuning/training/embedder_training.h"

namespace memo {
namespace {

// The max. number of rows by which two maps are compared.
constexpr std::uint32_t kRows = 16;
// Shares of the texts. Few are held out from training, as the profile probes with new texts anyway.
constexpr double kTrain = 0.8;
constexpr double kQueries = 0.1;

EmbedderTraining training_for(const EmbedderFit& options) {
  EmbedderTraining training;
  training.samples.shape.length_bucket = options.length;
  training.samples.row_stride = std::max(1u, options.length / kRows);
  training.samples.threads = options.threads;
  training.samples.folder = options.spill_folder;
  training.siamese.seed = options.seed;
  training.train = kTrain;
  training.queries = kQueries;
  return training;
}

}  // namespace

Status fit_embedder(const LoadedModel& model, const TextList& texts, const EmbedderFit& options,
                    const std::string& path, const Advance& advance) {
  std::vector<Tokens> tokens;
  for (const ProfileText* text : texts) tokens.push_back(text->tokens);
  // The first half of the bar is reading maps.
  const auto progress = [&](std::string_view stage, double fraction) {
    const double done = stage == "training" ? 0.5 + fraction / 2 : fraction / 2;
    advance(static_cast<std::size_t>(done * static_cast<double>(texts.size())), texts.size());
    return true;
  };
  const Result<TrainedEmbedder> trained = train_embedder(model, tokens, training_for(options), progress);
  return trained ? trained->embedders.save(path) : trained.status();
}

}  // namespace memo
