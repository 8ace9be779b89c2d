// modules.json: the modules of a sentence-transformers folder, in the order in which they run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

enum class ModuleKind { transformer, pooling, dense, normalize, layer_norm };

struct ModuleEntry {
  ModuleKind kind;
  std::string path;  // below the folder; empty: the folder itself
};

struct ModuleList {
  std::vector<ModuleEntry> entries;  // in the file's order, which decides; "idx" is ignored
  std::string file;                  // for messages

  // Nothing where the folder has no modules.json.
  // Errors: as read_json_file; corrupt (no list of modules, a path outside of the folder, a repeated name),
  //         unsupported (an unknown module).
  static Result<std::optional<ModuleList>> read(const std::string& folder);

  // The order that embeddings need: one Transformer, one Pooling, then others.
  // Errors: unsupported.
  Status check_embedding_order() const;
};

}  // namespace memo
