// config_sentence_transformers.json: prompts, and how embeddings are to be compared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "memo/status.h"
#include "model/checkpoint/model_config.h"

namespace memo {

// Texts that are put before an input, by name.
struct Prompts {
  std::map<std::string, std::string> by_name = {{"document", ""}, {"query", ""}};  // these two every model has
  std::optional<std::string> default_name;                                         // one of by_name
  std::string file;  // that they come from, for messages; empty: this model has no prompts by name

  // The text of a prompt, of the default one without a name; empty: none.
  // Errors: invalid_argument (no such name).
  Result<std::string> text(const std::optional<std::string>& name) const;
};

struct SentenceSettings {
  Prompts prompts;
  std::string similarity = "cosine";            // how embeddings are to be compared: for the caller
  std::optional<std::int64_t> truncate;         // numbers of an embedding that are kept
  bool cross_encoder = false;                   // the folder is a CrossEncoder, not a SentenceTransformer
  std::optional<ScoreFunction> score_function;  // of a cross-encoder

  // Defaults where the folder has no such file.
  // Errors: as read_json_file; corrupt, unsupported (a model_type, similarity or activation that is not known).
  static Result<SentenceSettings> read(const std::string& folder);
};

}  // namespace memo
