// LayerPass: one batch's way through one layer, block by block.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "model/engine/attention_source.h"
#include "model/engine/workers.h"
#include "model/layers/transformer_layer.h"

namespace memo {

// The engine's buffers that all blocks share.
struct SharedRows {
  float* states = nullptr;  // [rows, hidden] the residual stream
  std::byte* inputs =
      nullptr;              // [rows, hidden] what products read, in the engine's type; states itself where equal
  HugeBuffer projected[2];  // [rows, columns], where blocks hold parts of sequences
  HugeBuffer context;       // [rows, hidden], where blocks hold parts of sequences
};

// Any thread writes these.
struct OutcomeCell {
  std::atomic<bool> read{false};
  std::atomic<bool> revoked{false};
  std::atomic<double> seconds{0};
};

// Threads: project(), attend() and finish() of different blocks by any threads; where blocks hold parts of
// sequences, all blocks are projected before one attends, and all attend before one finishes if
// may_project_again().
class LayerPass {
 public:
  // type: f32 or bf16, of values. source may be null. Lifetime: everything outlives this.
  LayerPass(const ModelConfig& config, DataType type, const Kernels& kernels, TransformerLayer& layer,
            const RowLayout& layout, SharedRows& shared, const LayerAttention& attention,
            const AttentionSource* source);

  void project(const Block& block, Worker& worker);
  void attend(const Block& block, Worker& worker);
  void finish(const Block& block, Worker& worker);
  // Whether attend() may read the layer's inputs, which finish() overwrites: a hit that was revoked is projected
  // again.
  bool may_project_again() const { return reads_any_; }
  // The context that attend() made for a block. Requires: the worker that attended calls this, before its next
  // block.
  // Shapes: -> [rows, hidden]
  const std::byte* context(const Block& block, Worker& worker) const;
  std::vector<SequenceOutcome> outcomes() const;

 private:
  // Row 0 of the projection of a part's sequence.
  struct Projected {
    const HeadProjection* projection;
    const std::byte* rows;
  };

  bool reads(std::size_t sequence) const;
  void project_rows(const HeadProjection& projection, Worker& worker, std::size_t first_row, std::size_t rows,
                    std::byte* to) const;
  Projected projected(const BlockPart& part, Worker& worker) const;
  std::byte* context_rows(const Block& block, const BlockPart& part, Worker& worker);
  // The first time: every head. Once more, after a map had changed: the heads that had read it, now from memory
  // that cannot change.
  enum class Turn { first, again };
  void attend_part(const BlockPart& part, const Projected& projected, Turn turn, std::byte* context,
                   Worker& worker) const;
  void compute_head(const BlockPart& part, const Projected& projected, std::size_t head, std::size_t lookup_place,
                    std::byte* context, std::byte* scratch) const;
  void read_head(const BlockPart& part, const Projected& projected, std::size_t head, const StoredMap& map,
                 std::size_t map_head, std::byte* context, std::byte* scratch) const;
  // The same for heads that read the maps of a hit.
  void read_hit(const BlockPart& part, const Projected& projected, std::size_t head, std::size_t map_head,
                std::byte* context, std::byte* scratch) const;
  StoredHead head_of(const StoredMap& map, std::size_t map_head, const BlockPart& part) const;
  MapProduct product_of(const BlockPart& part, const Projected& projected, std::size_t head, std::byte* context,
                        std::byte* scratch) const;
  void recompute(const BlockPart& part, const Projected& projected, std::byte* context, Worker& worker);
  std::byte* scratch_of(Worker& worker) const;
  HeadMode mode(std::size_t head) const;
  bool has_fixed_heads() const;

  const ModelConfig& config_;
  const DataType type_;
  const Kernels& kernels_;
  TransformerLayer& layer_;
  const RowLayout& layout_;
  SharedRows& shared_;
  const LayerAttention& attention_;
  const AttentionSource* source_;
  const std::size_t hidden_;
  const std::size_t element_;  // bytes
  const bool reads_any_;       // a sequence has a hit
  // The projections of sequences whose lookup heads are computed, and of those whose lookup heads are read.
  const HeadProjection* projections_[2];
  std::vector<OutcomeCell> outcomes_;  // [batch]
};

}  // namespace memo
