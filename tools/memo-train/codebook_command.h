// memo-train codebook: averages a model's attention maps over texts, for layers of mode "fixed".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/status.h"

namespace CLI {
class App;
}

namespace memo {

struct CodebookOptions {
  std::string model;
  TextSource source;
  std::string output;
  std::uint32_t length = 0;
  std::uint32_t threads = 1;
  std::vector<std::int64_t> layers;  // empty: all

  void add_to(CLI::App& command);
};

// Writes one map per layer, named "layer.0", "layer.1" and so on.
// Errors: of the model and the input; invalid_argument (a layer that the model has not, no text).
Status train_codebook(const CodebookOptions& options);

}  // namespace memo
