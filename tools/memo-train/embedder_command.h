// memo-train embedder: trains an embedder for each layer of a model.
#pragma once

#include <string>

#include "memo/status.h"
#include "model/tuning/training/embedder_training.h"

namespace CLI {
class App;
}

namespace memo {

struct EmbedderOptions {
  std::string model;
  TextSource source;
  std::string output;
  std::string json;
  std::uint32_t length = 0;
  EmbedderTraining training;

  void add_to(CLI::App& command);
};

// Writes the embedders, prints a table of their retrieval, and everything as JSON where asked. Interrupted while
// it trains, it keeps the best so far.
// Errors: of the model, of the input, of train_embedder.
Status train_embedder(EmbedderOptions options);

}  // namespace memo
