// A text model in Python, with the store that its memos are in.
#pragma once

#include <nanobind/nanobind.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/python/module/store_handle.h"
#include "model/text_model/text_model.h"

namespace memo::python {

struct ModelOptions {
  std::string folder;
  std::string policy;  // a file; empty: whole results are kept
  std::string dtype;
  std::uint32_t threads = 1;
  std::uint32_t length = 0;                // 0: the policy's, else the model's own
  std::optional<std::string> prompt;       // none: that of prompt_name
  std::optional<std::string> prompt_name;  // none: the model's default
};

// Threads: any; calls take turns.
// Errors: a failure throws StatusError.
class PythonModel {
 public:
  // store: one that is not open means that everything is computed.
  PythonModel(const ModelOptions& options, StoreHandle store);
  // A child that was forked has none of the engine's threads, so there the engine is left as it is.
  ~PythonModel();
  // Waits for a call of another thread. Later ones are refused. Requires: the GIL
  void close();
  PythonModel(const PythonModel&) = delete;
  PythonModel& operator=(const PythonModel&) = delete;

  const LoadedModel& loaded() const { return *loaded_; }
  const TextModel& model() const { return open(); }
  // Why memos cannot be had just now; none: they can, or are not wanted.
  std::optional<std::string> unavailable_reason() const;

  // prompt: none: the model's own. Shapes: embeddings [texts, dimension], logits [texts, labels]
  TextResults run(std::span<const TextInput> texts, const std::optional<std::string>& prompt);
  std::vector<PairEncoding> tokenize(std::span<const TextInput> texts, const std::optional<std::string>& prompt);
  TextModelFigures figures() const;
  void flush(std::chrono::milliseconds timeout);

 private:
  // A prompt, as long as this lives.
  class Prompt;
  void require_pairs(std::span<const TextInput> texts) const;
  // Refuses where the model is closed, or another process's.
  TextModel& open() const;

  // TextModel refers to it.
  std::unique_ptr<LoadedModel> loaded_;
  StoreHandle store_;
  bool memoized_ = false;
  const pid_t owner_;
  mutable std::mutex mutex_;
  std::unique_ptr<TextModel> model_;  // run() and figures() under mutex_
};

void bind_model(nanobind::module_& module);

}  // namespace memo::python
