// The options of memo-infer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "embed/json/text_batches.h"
#include "memo/status.h"
#include "tools/common/distinct_files.h"

namespace CLI {
class App;
}

namespace memo {

struct InferOptions {
  std::string model;
  TextSource source;
  std::string output = "-";
  std::string summary;
  std::string memo = "none";
  std::string policy;
  std::string head;
  std::optional<std::string> prompt;       // nothing: the model's default
  std::optional<std::string> prompt_name;  // nothing: the model's default
  std::optional<std::uint32_t> top_k;      // labels of a text; 0: all
  std::string pool_size = "4GiB";
  std::string dtype = "f32";
  std::string kinds;       // empty: the policy's
  std::string selection;   // empty: the policy's
  double max_wait_ms = 0;  // 0: the policy's
  bool embeddings = false;
  bool token_embeddings = false;
  std::uint32_t length = 0;  // 0: the policy's, else the model's own
  std::uint32_t batch = 8;
  std::uint32_t threads = 1;
  std::uint32_t warmup = 1;

  void add_to(CLI::App& app);
  // Errors: invalid_argument, for combinations that make no sense.
  Status validate() const;
  // All files that are read and written.
  std::vector<NamedPath> files() const;
  bool memoized() const { return memo != "none"; }
};

}  // namespace memo
