// memo-train projection: writes an embedder that is a random projection.
#pragma once

#include <cstdint>
#include <string>

#include "embed/embedder.h"
#include "memo/status.h"

namespace CLI {
class App;
}

namespace memo {

struct ProjectionOptions {
  EmbedderShape shape;
  std::uint64_t seed = 1;
  std::string output;

  void add_to(CLI::App& command);
};

// Errors: as Embedder::projection and Embedder::save.
Status train_projection(const ProjectionOptions& options);

}  // namespace memo
