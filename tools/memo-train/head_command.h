// memo-train head: fits a task head on embeddings that memo-infer wrote.
#pragma once

#include <string>

#include "memo/status.h"

namespace CLI {
class App;
}

namespace memo {

struct HeadOptions {
  std::string embeddings;
  std::string labels;
  std::string label_field = "label";
  std::string id_field = "id";
  std::string output;
  double l2 = 1;

  void add_to(CLI::App& command);
};

// Prints the accuracy on the training texts.
// Errors: of the files, naming file and line; invalid_argument (no text has both an embedding and a label, fewer
//         than two labels, embeddings of different sizes).
Status train_head(const HeadOptions& options);

}  // namespace memo
