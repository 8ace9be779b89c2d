// The embedder of a profile, by which lookups recognize similar texts.
#pragma once

#include <cstdint>
#include <string>

#include "model/text/loaded_model.h"
#include "model/tuning/measure/model_outputs.h"

namespace memo {

struct EmbedderFit {
  std::uint32_t length = 0;
  std::uint32_t threads = 1;
  std::uint64_t seed = 1;
  std::string spill_folder;  // for a file of all maps' sampled rows
};

// Trains an embedder for each layer on the texts, and writes the file. Requires: kMinEmbedderTexts or more.
// Errors: as train_embedder and EmbedderSet::save.
Status fit_embedder(const LoadedModel& model, const TextList& texts, const EmbedderFit& options,
                    const std::string& path, const Advance& advance);

}  // namespace memo
