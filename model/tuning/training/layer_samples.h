// LayerSamples: the data that an embedder is trained and judged on: the pooled inputs and the maps of every layer,
// for many texts. They are in a file without a name, which the kernel keeps in memory as far as there is room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "embed/embedder.h"
#include "memo/status.h"
#include "model/text/loaded_model.h"
#include "model/tuning/training/map_pairs.h"

namespace memo {

struct SampleOptions {
  EmbedderShape shape;  // whose pooling
  std::vector<std::int64_t> layers;
  std::uint32_t row_stride = 4;  // one row in row_stride of each map is kept
  std::uint32_t threads = 1;
  std::string folder = "/tmp";  // where the file is made
};

// Threads: reading from any.
class LayerSamples {
 public:
  // Runs the model, in f32. keep_going: called with the texts done; false ends with unavailable.
  // Errors: of the engine; full (no room for the file, with its size), unavailable (interrupted).
  static Result<LayerSamples> collect(const Checkpoint& checkpoint, std::span<const Tokens> texts,
                                      const SampleOptions& options,
                                      const std::function<bool(std::size_t done)>& keep_going);
  // Bytes that collect() would write.
  static std::uint64_t bytes_needed(const ModelConfig& config, std::size_t texts, const SampleOptions& options);
  LayerSamples(LayerSamples&&) noexcept;
  LayerSamples& operator=(LayerSamples&&) noexcept;
  ~LayerSamples();

  std::size_t texts() const;
  // Requires: among the options' layers. Lifetime: this object's. Shapes: -> [texts, segments, hidden] f32
  at::Tensor pooled(std::int64_t layer) const;
  MapRows maps(std::int64_t layer) const;

 private:
  struct Contents;
  explicit LayerSamples(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

}  // namespace memo
