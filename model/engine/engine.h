// Engine: runs a checkpoint of any family on CPU threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"
#include "model/engine/attention_source.h"
#include "model/engine/layer_pass.h"
#include "model/engine/workers.h"
#include "model/layers/embedding.h"

namespace memo {

struct EngineOptions {
  DataType type = DataType::f32;
  std::uint32_t threads = 1;
};

// Threads: one call at a time.
class Engine {
 public:
  // Packs the weights. A type that the CPU has not becomes f32: type() tells.
  // Lifetime: checkpoint outlives the engine.
  // Errors: unsupported (head_dim is odd or above kMaxHeadDim; integer
  // products of layers that are too wide), invalid_argument (MEMO_ISA, see
  // client/cpu/instruction_set.h), internal (oneDNN refuses a layer).
  static Result<std::unique_ptr<Engine>> make(const Checkpoint& checkpoint, EngineOptions options);
  ~Engine();

  // Computes the final states of a batch, which the functions below read. source may be null: everything is
  // computed.
  void forward(TokenSequences batch, AttentionSource* source);

  // The states of the last batch, in its order. Shapes: -> [length, hidden]
  Tensor states(std::size_t sequence) const;
  // One vector per sequence: pooled as the config says, then passed through the checkpoint's embedding modules, or
  // through these. Shapes: -> [batch, checkpoint().embedding_size()]
  Tensor embeddings() const { return embeddings(checkpoint_.embedding_modules); }
  Tensor embeddings(std::span<const EmbeddingModule> modules) const;
  // Requires: task classification. Shapes: -> [batch, labels]
  Tensor class_logits();
  // The logits of the next token. Requires: task next_token. Shapes: -> [batch, vocabulary]
  Tensor next_token_logits();

  // A forward pass in steps, for callers that read or change the values in between: start() or resume(), then for
  // each layer attend(), add_context(), feed_forward() and end_layer(). The result is that of forward(). Buffers
  // hold layout().rows() rows; only those of its blocks matter.
  void start(TokenSequences batch);
  // Begins at the input of some layer. Shapes: states [rows, hidden]
  void resume(std::span<const std::uint32_t> lengths, const float* states);
  // Requires: the source has begun with this batch. Shapes: -> context [rows, hidden] of values_of(type())
  void attend(std::size_t layer, AttentionSource* source, std::byte* context);
  // rows() += projected context
  void add_context(std::size_t layer, const std::byte* context);
  // rows(): from the sum of add_context() to the sum that the layer's output is normalized from.
  // Shapes: -> inner [rows, intermediate] of values_of(type()): what the second product reads; null: not
  // wanted
  void feed_forward(std::size_t layer, std::byte* inner);
  void end_layer(std::size_t layer);
  // After the last layer.
  void end();
  // Rows of the current batch. Shapes: -> [rows, hidden]
  const float* rows() const { return shared_.states; }
  const RowLayout& layout() const { return *layout_; }
  // Uses other weights for a layer from now on. Lifetime: weights outlive the last use of the layer.
  // Errors: throws dnnl::error.
  void replace_layer(std::size_t layer, const LayerWeights& weights);

  // Calls work(0 .. count - 1) on the engine's threads. Requires: no forward() at the same time.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  DataType type() const { return type_; }
  std::uint32_t threads() const { return static_cast<std::uint32_t>(workers_.size()); }
  const char* kernels() const { return kernels_.name; }
  // Everything beside weights and tokens that decides the bits of a result: number format, kernels, oneDNN's version
  // and instruction set, and how this engine adds up.
  std::string arithmetic() const;
  // Thread-seconds of projections and attention since the engine was made.
  double attention_seconds() const { return attention_seconds_; }

 private:
  Engine(const Checkpoint& checkpoint, EngineOptions options, DataType type, const Kernels& kernels);
  void lay_out(std::span<const std::uint32_t> lengths);
  ResidualRows rows_at(std::size_t row, std::size_t rows) const;
  // What follows when a whole block has attended.
  using AfterAttention = std::function<void(LayerPass& pass, const Block& block, Worker& worker)>;
  void run_attention(std::size_t layer, AttentionSource* source, const AfterAttention& after);
  void run_blocks(LayerPass& pass, const AfterAttention& after);
  // Calls work for the chunks of all blocks that a layer's tail takes at a time.
  void for_each_chunk(const LayerTail& tail,
                      const std::function<void(std::size_t first_row, std::size_t rows, Worker&)>& work);
  // Shapes: -> [batch, modes * hidden]
  Tensor pooled(std::span<const Pooling> modes, std::size_t skipped) const;
  Tensor pooled(Pooling mode) const { return pooled(std::span(&mode, 1), 0); }

  const Checkpoint& checkpoint_;
  const DataType type_;
  const Kernels& kernels_;
  const dnnl::engine dnnl_;
  Workers workers_;
  const Embedding embedding_;
  std::vector<std::unique_ptr<TransformerLayer>> layers_;
  const Norm final_norm_;
  std::unique_ptr<const Linear> next_token_;
  HugeBuffer states_;
  HugeBuffer inputs_;
  SharedRows shared_;
  std::optional<RowLayout> layout_;  // of the last batch
  double attention_seconds_ = 0;
};

// The number format that an engine with these options computes in on this CPU.
DataType supported_type(DataType wanted);

}  // namespace memo
